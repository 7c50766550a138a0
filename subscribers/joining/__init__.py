"""The public way onto a list and off it: somebody asks, a mail asks back, the person confirms or leaves.

In: an address that anybody may type, under `limits` and a `proof_of_work`. Out: a mail to that address, and a
subscription only after its owner said yes. Pages and the door (`subscribers.api`) call it.
"""
