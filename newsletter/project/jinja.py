"""The Jinja2 environment of our pages."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from newsletter.translation import isolated, number, translated
from subscribers import api


def _isolating(say: Any) -> Callable[..., Any]:
    """A sentence with each value of the sentence in its own direction."""

    @pass_context
    def said(context: Context, /, *message: Any, **values: Any) -> Any:
        return say(context, *message, **{name: isolated(value) for name, value in values.items()})

    return said


def environment(**options: Any) -> SandboxedEnvironment:
    """Sandboxed, autoescaping, missing variables are errors."""
    options["undefined"] = StrictUndefined
    options.setdefault("trim_blocks", True)
    options.setdefault("lstrip_blocks", True)
    options["finalize"] = translated
    env = SandboxedEnvironment(**options)
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(translation.gettext, translation.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update({name: _isolating(env.globals[name]) for name in ("gettext", "ngettext")})
    env.filters["number"] = number  # also inside macros, which do not know the shell
    env.filters["isolated"] = isolated
    env.filters["shown_address"] = api.shown_address
    env.globals["most_form_bytes"] = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    env.globals.update(static=static, url=lambda name, *args, **kwargs: reverse(name, args=args, kwargs=kwargs))
    return env
