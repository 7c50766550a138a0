"""The tokens of the tests' own renditions."""

from newsletter.rendering.personalise import Tokens

TOKENS = Tokens("5c" * 16)
