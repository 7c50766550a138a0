# ruff: noqa: E501 each alternative of a closed list stays whole
"""The marks behind which a text is for members only: of Ghost, WordPress, Substack and the like, and of people. Pure.

`<!--more-->` is no such mark: it ends a teaser on a front page, and the rest is for everybody.
"""

import re

_WHO = r"(?:members?|subscribers?|paid|paying|premium|supporters?|patrons?|subscription)"
_NAME = (
    rf"(?:(?:wp:)?(?:jetpack/)?pay-?wall(?:[-_ ]?(?:jump|start|begin|starts?|here|content|divider|card))?"
    rf"|(?:for[-_ ])?{_WHO}(?:[-_ ](?:members?|subscribers?))?[-_ ]?(?:only|content|area|section|exclusive)(?:[-_ ](?:content|start|begin|below))?"
    rf"|(?:for|only[-_ ]for)[-_ ](?:paying[-_ ]|paid[-_ ])?{_WHO}(?:[-_ ]only)?"
    rf"|wp:premium-content/(?:subscriber-view|container)|wp:memberful/[\w-]+|restricted?(?:[-_ ]content)?|{_WHO}(?=\s*[-:]?\s*(?:start|begin)\b))"
)
_ANY = rf"(?:{_NAME}|{_WHO})"
_END_NAME = rf"(?:/\s*{_ANY}|end(?:s|ing)?[-_: ]+(?:of[-_ ])?(?:the[-_ ])?{_ANY}|{_ANY}[-_: ]+(?:end|stop|close)s?)"
_CODE = (
    r"(?:pay-?wall|leaky_paywall\w*|members?[-_]?(?:only|content)?|subscribers?[-_]?(?:only|content)?|restrict(?:ed)?|premium"
    r"(?:[-_]content)?|paid(?:[-_](?:only|content))?|mepr-\w+|pmpro_member\w*|membership|wlm_\w+|ihc-hide-content|wcm_restrict"
    r"|patreon\w*|memberful\w*|rcp_\w+|s2If|um_loggedin|arm_restrict_content)"
)
_RULE = r"[-–—=*_~ \t]"

_LEAST_STORY, _FEWER = 30, 8

OPENS = re.compile(
    rf"""<!--+\s{{0,20}}(?:{_NAME}|{_WHO}(?!\s+\w+\s+\w))(?:[\s:{{][^>]{{0,300}}?)?\s{{0,20}}/?--+>
      | \[\s{{0,20}}{_CODE}(?:[\s:=][^\]\n]{{0,300}})?\s{{0,20}}\](?!\()
      | \{{\{{[<%]\s*{_CODE}\b[^}}\n]{{0,300}}[>%]\}}\}} | \{{%-?\s{{0,20}}{_CODE}\b[^%\n]{{0,300}}-?%\}}
      | ^[ \t]*:::+[ \t]*\{{?\.?{_CODE}\b[^\n]*$
      | ^{_RULE}{{2,}}+\n?[ \t]*+{_NAME}[ \t]*+:?{_RULE}*+$ | ^[ \t]*+\[[ \t]*+{_NAME}[ \t]*+:?[ \t]*+\][ \t]*+$""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
"""Where the members' part begins, in Markdown, text or HTML."""
CLOSES = re.compile(
    rf"""<!--+\s{{0,20}}{_END_NAME}[^>]{{0,300}}?--+>
      | \[\s*/\s*{_CODE}\s*\]
      | \{{\{{[<%]\s*/\s*{_CODE}\b[^}}\n]{{0,300}}[>%]\}}\}} | \{{%-?\s{{0,20}}end_?{_CODE}\b[^%\n]{{0,300}}-?%\}}
      | ^[ \t]*:::+[ \t]*$
      | ^{_RULE}{{2,}}+\n?[ \t]*+{_END_NAME}{_RULE}*+$""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
"""Where it ends; without such a mark it ends with the text."""
GATED = re.compile(
    r"<!--\s{0,20}kg-gated-block:begin\b(?P<rule>[^>]{0,1000})-->(?P<inner>.*?)(?:<!--\s*kg-gated-block:end\s*-->|\Z)",
    re.DOTALL | re.IGNORECASE,
)
"""Ghost's blocks that say themselves who sees them."""
WALL = re.compile(
    r"""[\W_]*(?:
      (?:this|the\s+rest\s+of\s+this|the\s+full)\s+(?:post|article|story|content|issue|edition|episode)\s+is\s+(?:only\s+)?(?:available\s+)?
        (?:(?:only\s+)?(?:for|to)\s+)?(?:our\s+)?(?:paid\s+|paying\s+|registered\s+)?(?:subscribers?|members?|supporters?|premium).{0,40}
    | keep\s+reading\s+with\s+a\s.{1,60}\btrial\b.{0,40} | subscribe\s+to\s.{1,80}\sto\s+(?:keep|continue|unlock)\b.{0,60}
    | (?:subscribe|sign\s+in|log\s+in|upgrade|become\s+a\s+(?:paid\s+)?(?:member|subscriber))(?:\s+\S+){0,4}\s+to\s+(?:continue|keep|go\s+on)\s+reading.{0,40}
    | to\s+(?:continue|keep)\s+reading,?\s.{1,80} | (?:want|wish)\s+to\s+(?:keep|continue)\s+reading\?.{0,60}
    | (?:diese[rs]?|der\s+ganze)\s+(?:artikel|beitrag|text|inhalt)\s+ist\s+(?:nur\s+)?(?:für|exklusiv\s+für)\s+.{0,40}(?:abonnent|mitglied).{0,40}
    | (?:jetzt\s+)?weiterlesen\s+mit\s.{1,60} | (?:cet\s+article|la\s+suite)\s+est\s+réservée?\s+(?:aux|à\s+nos)\s+abonné.{0,40}
    | (?:este\s+(?:artículo|contenido|artigo|conteúdo))\s+(?:es|é)\s+(?:exclusivo|solo|sólo|só)\s+.{0,20}(?:suscriptor|assinante|soci).{0,40}
    | (?:این|ادامه‌?ی?\s+این)\s+(?:مطلب|نوشته|مقاله|گزارش)\s+.{0,20}(?:ویژه|مخصوص|برای)\s+.{0,10}(?:مشترک|اعضا|عضو).{0,40}
    | (?:هذا|بقية\s+هذا)\s+(?:المقال|المحتوى)\s+.{0,20}(?:للمشتركين|للأعضاء|حصري).{0,40}
    )[.!]?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
"""A whole line or paragraph that ends what everybody may read."""


def opening(text: str, start: int = 0) -> re.Match[str] | None:
    """The next mark behind which the text is for members."""
    while match := OPENS.search(text, start):
        if not CLOSES.match(text, match.start()):
            return match
        start = match.end()
    return None


def is_gated(rule: str) -> bool:
    """Ghost: a block that somebody who is no member does not see."""
    return not re.search(r"nonMember\s*[:=]\s*\"?true", rule, re.IGNORECASE)


def is_nearly_all(taken: int, *, left: int) -> bool:
    """So many words are for members, and so few are left, that all of the story is for members."""
    return taken >= _LEAST_STORY and left * _FEWER < taken


def without_marks(text: str) -> str:
    """The text without the signs that part it, as it would stand on a member's screen."""
    return GATED.sub(lambda block: block["inner"], CLOSES.sub("", OPENS.sub("", text)))
