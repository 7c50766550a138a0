"""A person with a browser that has no scripts: opens pages, and sends the forms that stand on them, filled in."""

from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
from lxml import html


class Visitor:
    """Keeps its cookies; every answer must be a page, and no error."""

    def __init__(self, base: str) -> None:
        # A page by address is fetched while the form waits.
        self._client = httpx.Client(base_url=base, timeout=60, follow_redirects=True, trust_env=False)
        self.url = base
        self.text = ""

    def close(self) -> None:
        self._client.close()

    def open(self, address: str) -> str:
        """The text of a page. A page that answers with an error fails the test."""
        return self._took(self._client.get(urljoin(self.url, address)))

    def send(self, having: str, *, upload: tuple[str, Path] | None = None, button: str = "", **values: str) -> str:
        """Send the form that has a field of that name (or a button of that value), as it stands but for ``values``."""
        form = self._form(having, button)
        fields: dict[str, Any] = {}
        for name, value in form.form_values():
            fields.setdefault(name, []).append(value)
        fields |= values
        if button:
            # A form may have the same button at its end once more.
            pressed = form.xpath(".//button[@value=$value]", value=button)[0]
            fields[pressed.get("name")] = button
        files = None
        if upload is not None:
            name, path = upload
            fields.pop(name, None)
            files = {name: (path.name, path.read_bytes())}
        address = urljoin(self.url, form.get("action") or self.url)
        return self._took(self._client.post(address, data=fields, files=files, headers={"Referer": self.url}))

    def _form(self, having: str, button: str) -> Any:
        forms = html.document_fromstring(self.text).forms
        for form in forms:
            named = form.xpath(".//*[@name=$name]", name=having)
            if named and (not button or form.xpath(".//button[@value=$value]", value=button)):
                return form
        raise AssertionError(f"no form with “{having}” on {self.url}:\n{self.text}")

    def _took(self, answer: httpx.Response) -> str:
        assert answer.status_code == 200, f"{answer.request.method} {answer.url}: {answer.status_code}\n{answer.text}"
        self.url, self.text = str(answer.url), answer.text
        return self.text
