"""What the JSON routes answer with: pydantic models, used for documentation and by the tests.

Routes write their bodies with orjson and do not pass through the models on the way; a test parses
every route's body with its model, strictly.
"""
