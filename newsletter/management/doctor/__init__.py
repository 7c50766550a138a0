"""The checks of `newsletter doctor`: each looks at a part of the installation and gives a `diagnosis.Diagnosis`.

`examination` runs them in order. `installation` asks about database, keys and files, `machine` about disk and clock,
`mail_servers` and `public_address` about what is reached over the network, `sending` about what waits or stands still.
"""
