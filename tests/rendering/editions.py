"""Invented editions for the tests of this room: one in English, one in Persian."""

from datetime import UTC, datetime

from newsletter.issues.edition import Edition, Image, Story
from tests.tokens import TOKENS

HOST = "https://news.example.org"

_PIER = Story(
    id=11,
    title="The old pier will open again, and the café with it",
    standfirst=(
        "After nine winters behind a fence, the harbour’s longest walk is being rebuilt plank by plank. "
        "The carpenters say they will finish before the herring come."
    ),
    body="",
    full=False,
    byline="Ada Example",
    kicker="Harbour",
    url=f"{HOST}/articles/old-pier?from=letter&issue=12",
    image=Image(
        url=f"{HOST}/media/pier.jpg",
        width=1200,
        height=750,
        alt="A wooden pier at sunrise, half of its planks new",
        credit="Jo Sample",
    ),
)
_LIBRARY = Story(
    id=12,
    title="A library that lends rain boots",
    standfirst="Forty pairs, six sizes, no fines. What began as a joke at the front desk is now the busiest shelf.",
    body="",
    full=False,
    byline="Sam Placeholder",
    kicker="Town",
    url=f"{HOST}/articles/rain-boots",
    image=Image(url=f"{HOST}/media/boots.jpg", width=900, height=900, alt="Rows of yellow boots on a shelf"),
)
_BUS = Story(
    id=13,
    title="Why the number 7 bus is always late, and what 1,204 tickets told us",
    standfirst="We read every timetable since March. The answer is one traffic light, and a very polite driver.",
    body="",
    full=False,
    kicker="Data",
    url=f"{HOST}/articles/bus-7",
)
_LETTER = Story(
    id=14,
    title="From the editor’s window",
    standfirst="",
    body=(
        "<p>This week the wind took our <em>front door</em> sign. We found it at the "
        f'<a href="{HOST}/articles/fish-market">fish market</a>, being used as a tray.</p>'
        "<h2>Three things we learned</h2>"
        "<ul><li>Screws rust; rope does not.</li><li>A sign that reads “Open” sells more mackerel than one that "
        "reads “Newsroom”, by some way.</li></ul>"
        "<blockquote><p>Keep it, we said. It has never been so useful.</p></blockquote>"
        "<p>1. is not a list, * is not an emphasis and # is not a heading.</p>"
    ),
    full=True,
    byline="By Robin Example",
)

ENGLISH = Edition(
    publication="The Harbour Letter",
    tagline="News from the quays, every Thursday",
    number=12,
    subject="The pier comes back, and boots for everyone",
    preheader="Nine winters later the planks are going down again. Also: a library with boots.",
    introduction=(
        "Good morning {{name|neighbour}},\n\n"
        "it rained on six of the last seven days, so this letter is about things that keep your feet dry. "
        f"If you only have a minute, read about [the pier]({HOST}/articles/old-pier?from=letter&issue=12)."
    ),
    stories=(_PIER, _LIBRARY, _BUS, _LETTER),
    language="en",
    direction="ltr",
    date=datetime(2026, 11, 26, 7, 0, tzinfo=UTC),
    theme="gazette",
    accent="#0b6e99",
    sender_name="The Harbour Letter",
    postal_address="1 Example Quay\nSampletown 12345",
    reason="You get this letter because you signed up for The Harbour Letter at news.example.org.",
    base_url=HOST,
    browser_url=f"{HOST}/read/abc123/",
    token_key=TOKENS.key,
    home_url=f"{HOST}/",
)

_GARDEN = Story(
    id=21,
    title="باغ کوچک پشت ایستگاه دوباره سبز شد",
    standfirst="اهالی محله در چهار آدینه، زمینی را که سال‌ها انبار آهن بود به باغی با سی درخت انار بدل کردند.",
    body="",
    full=False,
    byline="نمونه نویسنده",
    kicker="محله",
    url=f"{HOST}/fa/garden",
    image=Image(url=f"{HOST}/media/garden.jpg", width=1200, height=750, alt="درختان انار کنار دیواری آجری"),
    language="fa",
    direction="rtl",
)
_RADIO = Story(
    id=22,
    title="رادیوی محلی با نرم‌افزار Open Radio 3 به خانه‌ها بازگشت",
    standfirst="یک اتاق، دو میکروفون و برنامه‌ای به نام «صبح کوچه» که هر روز ساعت هفت پخش می‌شود.",
    body="",
    full=False,
    kicker="رسانه",
    url=f"{HOST}/fa/radio",
    image=Image(url=f"{HOST}/media/radio.jpg", width=900, height=700, alt="میز کوچکی با دو میکروفون"),
    language="fa",
    direction="rtl",
)
_NOTE = Story(
    id=23,
    title="یادداشت سردبیر",
    standfirst="",
    body=(
        "<p>این هفته نامه‌های شما را خواندیم؛ بیشترشان دربارهٔ کتابخانه بود. "
        f'متن کامل پاسخ‌ها <a href="{HOST}/fa/letters">در سایت</a> است.</p>'
        "<h2>سه پیشنهاد شما</h2><ul><li>ساعت کار بیشتر در تابستان</li><li>قفسه‌ای برای کتاب‌های English</li></ul>"
        "<blockquote><p>کتابخانه‌ای که بسته است، انبار کاغذ است.</p></blockquote>"
    ),
    full=True,
    language="fa",
    direction="rtl",
)

PERSIAN = Edition(
    publication="نامهٔ محله",
    tagline="خبرهای نزدیک، هر پنج‌شنبه",
    number=34,
    subject="باغ پشت ایستگاه، رادیوی کوچه و نامه‌های شما",
    preheader="سی درخت انار در زمینی که سال‌ها انبار آهن بود؛ و رادیویی که به خانه‌ها بازگشت.",
    introduction=(
        "سلام {{name|همسایه}}،\n\nاین هفته سه خبر خوب از سه کوچه داریم. اگر فرصت کم است، با **باغ** آغاز کنید."
    ),
    stories=(_GARDEN, _RADIO, _NOTE),
    language="fa",
    direction="rtl",
    date=datetime(2026, 11, 26, 7, 0, tzinfo=UTC),
    theme="gazette",
    accent="#9a3b1e",
    sender_name="نامهٔ محله",
    postal_address="خیابان نمونه، پلاک ۱\nشهر نمونه ۱۲۳۴۵",
    reason="این نامه را می‌گیرید چون در news.example.org مشترک نامهٔ محله شده‌اید.",
    base_url=HOST,
    browser_url=f"{HOST}/read/fa456/",
    token_key=TOKENS.key,
)
