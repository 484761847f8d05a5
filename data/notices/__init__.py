"""Notices: told in the transaction of what happened, sent by a relay, wanted by who gets them.

`telling.tell` is what other packages call. The relay (`relay`) first *spreads* a notice — a row in
the inbox, one waiting row a browser and gateway — and then delivers what waits.
"""
