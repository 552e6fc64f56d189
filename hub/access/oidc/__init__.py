"""Signing in with an organisation's own accounts: OpenID Connect, code flow with PKCE.

``settings`` is the section ``[oidc]``, ``provider`` asks the provider, ``id_token`` believes it only
so far, ``flow`` is what the browser carries between, ``people`` says who it is here.
"""
