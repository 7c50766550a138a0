"""People, lists, consent and suppression. Knows nothing of newsletters; its only door is `subscribers.api`."""
