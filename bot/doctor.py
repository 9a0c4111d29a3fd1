"""`tabayyan doctor`: looks at everything that the bot needs and says in words what is wrong and how to mend it.

No secret is ever printed: neither the token, nor a password, nor an address that may hold one.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.channels.telegram.inspection import Inspection, Unreachable, inspect_telegram
from bot.channels.telegram.server_clock import SKEW_SECONDS
from bot.clock import machine_clock
from bot.content_tools.checks.check import check
from bot.content_tools.last_good import time_zone_of
from bot.content_tools.reviews import review_state
from bot.desk.access import access_mode
from bot.health import LOW_MEMORY_BYTES, WORDS, available_memory
from bot.reports.backup_commands import has_counted
from bot.reports.font_files import missing_fonts
from bot.settings import Settings, SettingsError, check_proxy, sources
from bot.settings_file import read_settings_file
from storage.databases import StoreErrors
from storage.releases import Releases

FREE_BYTES = 200 * 2**20
MANY_WAITING = 100
RECENT_ERROR_SECONDS = 3600

_SENTENCES: dict[str, tuple[str, str]] = {
    "no-token": (
        "No token is set: the bot shows the try page and does not connect to Telegram.",
        "لا يوجد رمز: يعرض البوت صفحة التجربة ولا يتصل بتيليغرام.",
    ),
    "token": ("Telegram knows the token.", "يعرف تيليغرام الرمز."),
    "token-refused": (
        "Telegram refuses the token. Copy it again from @BotFather into TABAYYAN_TELEGRAM_TOKEN.",
        "يرفض تيليغرام الرمز. انسخه من جديد من ‎@BotFather إلى TABAYYAN_TELEGRAM_TOKEN.",
    ),
    "telegram-unreachable": (
        "Telegram cannot be reached. Check the network, the firewall and TABAYYAN_TELEGRAM_API_URL.",
        "لا يمكن الوصول إلى تيليغرام. تحقق من الشبكة وجدار الحماية و TABAYYAN_TELEGRAM_API_URL.",
    ),
    "webhook": ("Telegram delivers to this bot's address.", "يسلّم تيليغرام الرسائل إلى عنوان هذا البوت."),
    "webhook-elsewhere": (
        "Telegram delivers to another address. Start the bot in webhook mode with TABAYYAN_WEBHOOK_URL set: "
        "it tells Telegram its own.",
        "يسلّم تيليغرام الرسائل إلى عنوان آخر. شغّل البوت بوضع webhook مع TABAYYAN_WEBHOOK_URL، فيخبر تيليغرام بعنوانه.",
    ),
    "webhook-set": (
        "Telegram delivers to a webhook, so that polling gets nothing until the bot starts: it takes the webhook away.",
        "يسلّم تيليغرام الرسائل إلى webhook، فلا يصل شيء بالاستطلاع حتى يبدأ البوت ويزيله.",
    ),
    "polling": ("No webhook stands in the way of polling.", "لا يوجد webhook يعترض الاستطلاع."),
    "webhook-error": (
        "Telegram's last delivery failed. Check that the address is reached from outside by https, with a certificate "
        "that is valid.",
        "فشل آخر تسليم من تيليغرام. تحقق من أن العنوان يُفتح من الخارج عبر https وبشهادة صالحة.",
    ),
    "many-waiting": (
        "Many messages wait at Telegram. Is the bot running?",
        "رسائل كثيرة تنتظر عند تيليغرام. هل يعمل البوت؟",
    ),
    "clock": ("The clock is right.", "الساعة صحيحة."),
    "clock-wrong": (
        "The clock is {seconds} s off Telegram's. Switch on time synchronisation (timedatectl set-ntp true).",
        "تختلف الساعة عن ساعة تيليغرام بمقدار {seconds} ثانية. فعّل مزامنة الوقت (timedatectl set-ntp true).",
    ),
    "disk": ("The data folder can be written.", "يمكن الكتابة في مجلد البيانات."),
    "disk-missing": (
        "The data folder is not there yet: the bot makes it when it runs. Was it running elsewhere? See the first line.",
        "مجلد البيانات غير موجود بعد: ينشئه البوت عندما يعمل. هل كان يعمل في مكان آخر؟ انظر السطر الأول.",
    ),
    "disk-unwritable": (
        "The data folder cannot be written: the bot answers but counts nothing. Set TABAYYAN_DATA_DIR to a folder that "
        "belongs to the bot's user.",
        "لا يمكن الكتابة في مجلد البيانات: يجيب البوت لكنه لا يعدّ شيئاً. اضبط TABAYYAN_DATA_DIR على مجلد يملكه "
        "مستخدم البوت.",
    ),
    "disk-full": (
        "Only {megabytes} MiB are free in the data folder. Make room.",
        "لم يبقَ سوى {megabytes} ميغابايت في مجلد البيانات. أفرغ مساحة.",
    ),
    "memory-low": WORDS["memory-low"],
    "fonts": ("The letters for charts and posters are there.", "حروف الرسوم والملصقات موجودة."),
    "fonts-missing": (
        "The font {text} is missing from the program: charts and posters cannot be drawn. Install the program again.",
        "الخط {text} ناقص من البرنامج، فلا يمكن رسم المخططات والملصقات. ثبّت البرنامج من جديد.",
    ),
    "proxy-wrong": ("{text}", "{text}"),
    "file-open": (
        "Other users of this machine can read the settings file, which holds secrets. Run: chmod o-rwx {text}",
        "يستطيع مستخدمون آخرون قراءة ملف الإعدادات وفيه أسرار. نفّذ: chmod o-rwx {text}",
    ),
    "reviews": ("People have read every answer.", "قرأ أشخاص كل الأجوبة."),
    "reviews-missing": (
        "Nobody has read {errors} topics yet. Before you go live have them read, then write the dates under reviews: in "
        "topics.yaml.",
        "لم يقرأ أحد {errors} موضوعاً بعد. قبل الإطلاق ليقرأها أهل الاختصاص، ثم اكتب التواريخ تحت reviews:‎ في topics.yaml.",
    ),
    "reviews-passed": (
        "The review date of {errors} topics has passed: their answers say that they may be out of date.",
        "تجاوز {errors} موضوعاً موعد مراجعته: تقول أجوبتها إنها قد تكون قديمة.",
    ),
    "alert": ("An alert command is set.", "أمر التنبيه مضبوط."),
    "no-alert": (
        "No TABAYYAN_ALERT_COMMAND is set: trouble shows on the health page and in the log only.",
        "لم يُضبط TABAYYAN_ALERT_COMMAND: لا تظهر الأعطال إلا في صفحة الحالة والسجل.",
    ),
    "disk-open": (
        "Other users of this machine can read the data folder. Run: chmod 700 on it.",
        "يستطيع مستخدمون آخرون قراءة مجلد البيانات. نفّذ: chmod 700 عليه.",
    ),
    "content": ("The content has no error.", "لا خطأ في المحتوى."),
    "content-errors": (
        "The content has {errors} errors. `tabayyan check` names each with file and line.",
        "في المحتوى {errors} من الأخطاء. الأمر `tabayyan check` يذكر كل خطأ مع الملف والسطر.",
    ),
    "store": ("The released figures can be read.", "يمكن قراءة الأرقام المنشورة."),
    "store-empty": ("Nothing has been counted here yet.", "لم يُعدّ شيء هنا بعد."),
    "store-broken": (
        "The released figures cannot be read. Check TABAYYAN_DATABASE_URL, or the files in the data folder; "
        "answers do not depend on them.",
        "لا يمكن قراءة الأرقام المنشورة. تحقق من TABAYYAN_DATABASE_URL أو ملفات مجلد البيانات؛ الإجابات لا تعتمد عليها.",
    ),
    "redis": ("Redis can be reached and keeps nothing on disk.", "يمكن الوصول إلى Redis وهو لا يحفظ شيئاً على القرص."),
    "redis-unreachable": (
        "Redis cannot be reached: each worker goes on with its own memory. Check TABAYYAN_REDIS_URL.",
        "لا يمكن الوصول إلى Redis: يعمل كل عامل بذاكرته وحده. تحقق من TABAYYAN_REDIS_URL.",
    ),
    "redis-persists": (
        "Redis keeps data on disk, so the bot refuses it. Start it with --save '' --appendonly no.",
        "يحفظ Redis بيانات على القرص، لذلك يرفضه البوت. شغّله مع --save '' --appendonly no.",
    ),
    "redis-unchecked": (
        "Redis does not say whether it keeps anything on disk. Ask whoever runs it.",
        "لا يقول Redis إن كان يحفظ شيئاً على القرص. اسأل من يديره.",
    ),
    "redis-missing": (
        "TABAYYAN_REDIS_URL is set without its extra. Run: pip install 'tabayyan[scaled]'.",
        "ضُبط TABAYYAN_REDIS_URL من دون إضافته. نفّذ: pip install 'tabayyan[scaled]'.",
    ),
    "desk": ("The staff's pages are guarded.", "صفحات الفريق محمية."),
    "desk-closed": (
        "The staff's pages stay closed: they are reached from outside and have no password. Set TABAYYAN_DESK_PASSWORD.",
        "صفحات الفريق مغلقة لأنها تُفتح من الخارج بلا كلمة مرور. اضبط TABAYYAN_DESK_PASSWORD.",
    ),
    "desk-short": (
        "The desk's password is short. Use at least 12 characters.",
        "كلمة مرور صفحات الفريق قصيرة. استعمل 12 حرفاً على الأقل.",
    ),
    "secret-short": (
        "The webhook's secret is short. Use at least 16 random letters and digits.",
        "السر المشترك للـ webhook قصير. استعمل 16 حرفاً ورقماً عشوائياً على الأقل.",
    ),
}
_SHORT_PASSWORD, _SHORT_SECRET = 12, 16
_PROBLEMS_FOUND = ("There are problems: {count}.", "عدد المشكلات: {count}.")
_FINE = ("Everything is in order.", "كل شيء على ما يرام.")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    sentence: str
    """A key of the sentences."""
    good: bool
    number: int = 0
    """What the sentence names, if it names a number."""
    text: str = ""
    """What the sentence names besides; never a secret."""

    def words(self, language: str) -> str:
        """In Arabic or English."""
        sentence = _SENTENCES[self.sentence][language == "ar"]
        return sentence.format(
            seconds=self.number, megabytes=self.number, errors=self.number, number=self.number, text=self.text
        )


def examine(settings: Settings, language: str, say: Callable[[str], object] = print) -> int:
    """Look at everything and say it in words; 0 when all is well, 1 when something is wrong."""
    bad = 0
    say(sources(settings))
    for finding in findings(settings):
        bad += not finding.good
        say(f"{'ok ' if finding.good else '!! '} {finding.words(language)}")
    say((_PROBLEMS_FOUND if bad else _FINE)[language == "ar"].format(count=bad))
    return 1 if bad else 0


def findings(settings: Settings) -> Iterator[Finding]:
    """Everything that was looked at, one after another."""
    yield from _telegram(settings)
    yield from _proxy(settings)
    yield from _settings_file()
    yield from _disk(settings.data_dir)
    yield from _memory()
    yield Finding("fonts-missing", False, text=missing[0]) if (missing := missing_fonts()) else Finding("fonts", True)
    yield from _content(settings)
    yield _store(settings)
    if settings.redis_url:
        yield _redis(settings.redis_url)
    yield from _desk(settings)
    if settings.effective_mode != "page":
        yield Finding("alert" if settings.alert_command is not None else "no-alert", True)


def _telegram(settings: Settings) -> Iterator[Finding]:
    if not settings.telegram_token:
        yield Finding("no-token", settings.effective_mode == "page")
        return
    try:
        told = asyncio.run(inspect_telegram(settings))
    except Unreachable:
        yield Finding("telegram-unreachable", False)
        return
    yield Finding("token", True) if told.token_known else Finding("token-refused", False)
    if told.skew is not None:
        off = round(abs(told.skew))
        yield Finding("clock", True) if off <= SKEW_SECONDS else Finding("clock-wrong", False, off)
    if told.token_known:
        yield from _webhook(settings, told)


def _webhook(settings: Settings, told: Inspection) -> Iterator[Finding]:
    if settings.effective_mode == "webhook":
        # Without WEBHOOK_URL somebody else has told Telegram the address.
        right = told.webhook == f"{settings.webhook_url}/telegram" if settings.webhook_url else bool(told.webhook)
        yield Finding("webhook", True) if right else Finding("webhook-elsewhere", False)
        if len(settings.webhook_secret) < _SHORT_SECRET:
            yield Finding("secret-short", False)
    else:
        yield Finding("webhook-set", False) if told.webhook else Finding("polling", True)
    if told.last_error is not None and time.time() - told.last_error.timestamp() < RECENT_ERROR_SECONDS:
        yield Finding("webhook-error", False)
    if told.waiting > MANY_WAITING:
        yield Finding("many-waiting", False)


def _disk(folder: Path) -> Iterator[Finding]:
    whole = folder
    if not folder.exists():
        yield Finding("disk-missing", True)
        folder = next(parent for parent in folder.absolute().parents if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"doctor")
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(folder).free
        readable = folder.stat().st_mode & 0o077
    except OSError:
        yield Finding("disk-unwritable", False)
        return
    yield Finding("disk", True) if free >= FREE_BYTES else Finding("disk-full", False, free // 2**20)
    if readable and folder == whole:
        yield Finding("disk-open", False)


def _proxy(settings: Settings) -> Iterator[Finding]:
    try:
        check_proxy(settings)
    except SettingsError as error:
        yield Finding("proxy-wrong", False, text=str(error))


def _settings_file() -> Iterator[Finding]:
    file = read_settings_file()
    if file is not None and file.path.stat().st_mode & 0o007:
        yield Finding("file-open", False, text=str(file.path))


def _memory() -> Iterator[Finding]:
    memory = available_memory()
    if memory is not None and memory < LOW_MEMORY_BYTES:
        yield Finding("memory-low", False, memory // 2**20)


def _content(settings: Settings) -> Iterator[Finding]:
    today = machine_clock().in_zone(time_zone_of(settings.content_dir, settings.data_dir)).today()
    reading = check(settings.content_dir, today)
    errors = len(reading.errors)
    yield Finding("content", True) if not errors else Finding("content-errors", False, errors)
    if reading.content is None:
        return
    unread, passed = review_state(reading.content.campaign.topics, today)
    # Nobody is answered worse for it on the try page; on Telegram askers get what nobody has read.
    live = settings.effective_mode != "page"
    yield Finding("reviews-missing", not live, unread) if unread else Finding("reviews", True)
    if passed:
        yield Finding("reviews-passed", False, passed)


def _store(settings: Settings) -> Finding:
    if not has_counted(settings):
        return Finding("store-empty", True)
    try:
        Releases(settings.data_dir, settings.database_url).numbers()
    except (*StoreErrors, ImportError, ValueError):
        return Finding("store-broken", False)
    return Finding("store", True)


def _redis(address: str) -> Finding:
    try:
        from bot.scale_out.redis_server import RedisErrors, RedisPersistsError, redis_keeps_nothing
    except ImportError:
        return Finding("redis-missing", False)
    try:
        return Finding("redis", True) if redis_keeps_nothing(address) else Finding("redis-unchecked", True)
    except RedisPersistsError:
        return Finding("redis-persists", False)
    except (*RedisErrors, ValueError):
        return Finding("redis-unreachable", False)


def _desk(settings: Settings) -> Iterator[Finding]:
    access = access_mode(settings)
    yield Finding("desk-closed", False) if access == "closed" else Finding("desk", True)
    if access == "password" and len(settings.desk_password) < _SHORT_PASSWORD:
        yield Finding("desk-short", False)
