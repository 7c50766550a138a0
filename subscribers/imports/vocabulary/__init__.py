"""How people and programs of many languages say that somebody left, and what their ordinary columns are called.

Facts only. `speech` finds a phrase where a word begins; in scripts that join words or write none apart, anywhere.
"""
