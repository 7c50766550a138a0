"""A text that came by mail: headers, greeting, signature, quotes and disclaimers told apart from the story."""
