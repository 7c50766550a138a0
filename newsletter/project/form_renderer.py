"""How Django's forms are rendered: one template for every field of ours (`FORM_RENDERER`).

`{{ form.title.as_field_group() }}` in a page gives label, hint, message and input (`templates/web/_field.html`).
"""

from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates
from django.template import loader


class BoundField(forms.BoundField):
    """A field whose hint and message are read out with it, and which takes the focus when it was refused."""

    @property
    def hint_id(self) -> str:
        return f"{self.auto_id}-hint"

    @property
    def error_id(self) -> str:
        return f"{self.auto_id}-error"

    @property
    def lost_id(self) -> str:
        return f"{self.auto_id}-lost"

    @property
    def is_lost(self) -> bool:
        """True for a chosen file of a form that was refused for something else: no browser keeps it on the page."""
        return bool(self.form.errors) and not self.errors and self.html_name in self.form.files

    @property
    def aria_describedby(self) -> str:
        ids = [(self.hint_id, self.help_text), (self.error_id, self.errors), (self.lost_id, self.is_lost)]
        return " ".join(id_ for id_, is_shown in ids if is_shown)

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        if self.use_fieldset:  # said of the group, not of each of its buttons
            attrs.pop("aria-invalid", None)
        elif self.errors and not self.is_hidden:
            attrs["autofocus"] = True
        return attrs


class FormRenderer(DjangoTemplates):
    """Django's own widgets, within our template of a field."""

    field_template_name = "_field.html"
    bound_field_class = BoundField

    def get_template(self, template_name: str) -> Any:
        if template_name == self.field_template_name:
            return loader.get_template(template_name, using="jinja2")
        return super().get_template(template_name)
