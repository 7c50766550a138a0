"""People, lists, consent and suppression. Knows nothing of newsletters; its one door is `subscribers.api`."""
