"""When things happen: one-off times and cadences, claimed once however many schedulers run."""
