"""Points (义豆): the city's table, the ledger, gifts and their redemption.

What other packages call, inside their own transaction: `awards.award` and `awards.reverse`,
`redemptions.reserve`, ``approve``, ``hand_over``, ``void``, and for reading `statements`.
"""
