"""The newsroom that is attacked, with its people."""

from tests.web.conftest import admin, editor, newsroom, signed_in

__all__ = ["admin", "editor", "newsroom", "signed_in"]
