"""Every message of the content check, in English and Arabic: what is wrong, then how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Words:
    """One message. {placeholders} are filled from Problem.values."""

    severity: Literal["error", "warning"]
    en: str
    ar: str


def _error(en: str, ar: str) -> Words:
    return Words("error", en, ar)


def _warning(en: str, ar: str) -> Words:
    return Words("warning", en, ar)


MESSAGES: dict[str, Words] = {
    # The form of a file
    "file-missing": _error(
        "this file is missing. Add it; the other files of the same kind show its form.",
        "هذا الملف غير موجود. أضفه على مثال الملفات الأخرى من نوعه.",
    ),
    "file-unknown": _error(
        'no topic is called "{name}". Rename the file after its topic (nearest: {nearest}), or add the topic to topics.yaml.',
        "لا يوجد موضوع اسمه «{name}». سمِّ الملف باسم موضوعه (الأقرب: {nearest})، أو أضف الموضوع إلى topics.yaml.",
    ),
    "file-unreadable": _error(
        "the file cannot be read. Check that it is a plain file that everybody may read.",
        "لا يمكن فتح الملف. تأكد من أنه ملف عادي وأن قراءته مسموحة.",
    ),
    "file-too-large": _error(
        "the file is larger than {limit} kB. Split it or shorten it.",
        "حجم الملف أكبر من {limit} كيلوبايت. قسّمه أو اختصره.",
    ),
    "file-empty": _error(
        "the file holds nothing. Write its keys, or delete the file.",
        "الملف فارغ. اكتب مفاتيحه، أو احذف الملف.",
    ),
    "file-ending": _error(
        'the file name ends in ".yml". Rename it so that it ends in ".yaml"; otherwise it is not read.',
        "ينتهي اسم الملف بـ ‎.yml. غيّره لينتهي بـ ‎.yaml، وإلا فلن يُقرأ.",
    ),
    "not-utf8": _error(
        "the file is not saved as UTF-8. Save it again with the encoding UTF-8.",
        "الملف غير محفوظ بترميز UTF-8. احفظه من جديد واختر الترميز UTF-8.",
    ),
    "control-character": _error(
        "an invisible control character ({code}) stands here. Delete it and type the place again.",
        "هنا حرف تحكم غير مرئي ({code}). احذفه واكتب الموضع من جديد.",
    ),
    "tab-indent": _error(
        "the line begins with a tab. Replace it with spaces.",
        "يبدأ السطر بمسافة جدولة (Tab). استبدلها بمسافات عادية.",
    ),
    "yaml-broken": _error(
        "the file cannot be read as YAML. Undo the last change and try again in smaller steps.",
        "لا يمكن قراءة الملف بصيغة YAML. تراجع عن آخر تغيير وأعده خطوة خطوة.",
    ),
    "quote-open": _error(
        "the quotation mark that opens here is never closed. Add the same mark at the end of the text.",
        "علامة الاقتباس المفتوحة هنا لم تُغلق. أضف العلامة نفسها في آخر النص.",
    ),
    "bracket-open": _error(
        "the bracket that opens here is never closed, or a comma is missing inside. Add ] or } at the end, and commas between the parts.",
        "القوس المفتوح هنا لم يُغلق، أو تنقص فاصلة في داخله. أضف ] أو } في الآخر، وفاصلة بين كل جزأين.",
    ),
    "colon-in-text": _error(
        'a colon followed by a space stands inside a text, or this line is indented too far. Put the whole text in "quotation marks", or move the line to the left.',
        'هنا نقطتان تليهما مسافة داخل نص، أو أن السطر مُزاح أكثر من اللازم. ضع النص كله بين علامتي "اقتباس"، أو أعد السطر إلى اليسار.',
    ),
    "colon-missing": _error(
        'this line has no colon after its key. Write it as "key: text".',
        "لا توجد نقطتان بعد المفتاح في هذا السطر. اكتبه هكذا: key: text.",
    ),
    "sign-starts-text": _error(
        'a text may not begin with "{sign}". Put the whole text in "quotation marks".',
        'لا يجوز أن يبدأ النص بالعلامة «{sign}». ضع النص كله بين علامتي "اقتباس".',
    ),
    "text-after-quote": _error(
        'text goes on after the closing quotation mark. Put the whole text in "double quotation marks", and write those inside it as «».',
        'يستمر النص بعد علامة الاقتباس الأخيرة. ضع النص كله بين علامتي "اقتباس"، واكتب العلامات التي في داخله هكذا: «».',
    ),
    "indent-wrong": _error(
        "the line does not stand under its neighbours. Give it as many spaces at its beginning as the lines beside it have.",
        "السطر غير محاذٍ لما حوله. اجعل في أوله عدد المسافات نفسه الذي في الأسطر المجاورة.",
    ),
    "key-twice": _error(
        '"{key}" appears twice (first on line {first}). Delete one of them.',
        "«{key}» مكرر (ورد أولاً في السطر {first}). احذف أحدهما.",
    ),
    "key-not-text": _error(
        "a key must be a simple word. Write the key as one word without brackets.",
        "يجب أن يكون المفتاح كلمة بسيطة. اكتبه كلمة واحدة بلا أقواس.",
    ),
    "alias": _error(
        '"{name}" is read by YAML as a reference. Put the text in "quotation marks", or write the words out.',
        'تقرأ صيغة YAML ‏«{name}» على أنه إحالة. ضع النص بين علامتي "اقتباس"، أو اكتب الكلمات كاملة.',
    ),
    "tag": _error(
        '"{name}" is read by YAML as a type. Put the text in "quotation marks", or delete the exclamation mark.',
        'تقرأ صيغة YAML ‏«{name}» على أنه نوع. ضع النص بين علامتي "اقتباس"، أو احذف علامة التعجب.',
    ),
    "too-deep": _error(
        "lists inside lists go deeper than {limit} levels. Check the brackets and spaces of this line.",
        "القوائم المتداخلة أعمق من {limit} مستويات. راجع الأقواس والمسافات في هذا السطر.",
    ),
    "two-documents": _error(
        'a line "---" begins a second document. Delete that line.',
        "السطر «---» يبدأ مستنداً ثانياً. احذف هذا السطر.",
    ),
    "value-guessed": _error(
        'other programs read "{value}" without quotation marks as a number, a date, yes/no or nothing. Write it as "{value}" in quotation marks.',
        'تقرأ البرامج الأخرى «{value}» بلا علامتي اقتباس على أنه عدد أو تاريخ أو نعم/لا أو فراغ. اكتبه بين علامتي "اقتباس".',
    ),
    "value-empty": _error(
        'nothing stands after "{key}:". Write its text, or delete the line.',
        "لا شيء بعد «{key}:». اكتب النص، أو احذف السطر.",
    ),
    # Keys and kinds of values
    "key-missing": _error(
        '"{key}" is missing. Add a line "{key}:" with its text.',
        "المفتاح «{key}» ناقص. أضف سطراً يبدأ بـ «{key}:» ومعه نصه.",
    ),
    "key-unknown": _error(
        '"{key}" is not a key of this place (nearest: {nearest}). Correct its spelling, or delete the line.',
        "«{key}» ليس من مفاتيح هذا الموضع (الأقرب: {nearest}). صحّح كتابته، أو احذف السطر.",
    ),
    "text-expected": _error(
        '"{key}" must be one text. Write the text after the colon, without a list below it.',
        "يجب أن يكون «{key}» نصاً واحداً. اكتب النص بعد النقطتين، بلا قائمة تحته.",
    ),
    "list-expected": _error(
        '"{key}" must be a list. Put every entry on its own line beginning with "- ".',
        "يجب أن يكون «{key}» قائمة. ضع كل عنصر في سطر يبدأ بـ «- ».",
    ),
    "list-empty": _error(
        '"{key}" is an empty list. Add at least one entry.',
        "القائمة «{key}» فارغة. أضف عنصراً واحداً على الأقل.",
    ),
    "keys-expected": _error(
        '"{key}" must hold keys. Below it write lines of the form "key: text".',
        "يجب أن تكون تحت «{key}» مفاتيح. اكتب تحته أسطراً على صورة key: text.",
    ),
    "choice-wrong": _error(
        '"{value}" cannot stand here (nearest: {nearest}). Choose one of: {choices}.',
        "لا يجوز «{value}» هنا (الأقرب: {nearest}). اختر واحداً من: {choices}.",
    ),
    "id-form": _error(
        '"{value}" is not a good id. Use small Latin letters and digits with - between words.',
        "«{value}» لا يصلح اسماً. استعمل حروفاً لاتينية صغيرة وأرقاماً وبينها -.",
    ),
    "fact-id-form": _error(
        '"{value}" is not a fact id. Write a letter and two digits, such as L07.',
        "«{value}» ليس رقم معلومة. اكتب حرفاً ورقمين، مثل L07.",
    ),
    "day-form": _error(
        '"{value}" is not a day. Write year-month-day, such as "2026-02-26".',
        '«{value}» ليس تاريخاً. اكتب السنة ثم الشهر ثم اليوم، مثل "2026-02-26".',
    ),
    "date-form": _error(
        '"{value}" is not a date. Write "2026", "2026-02" or "2026-02-26".',
        '«{value}» ليس تاريخاً. اكتب "2026" أو "2026-02" أو "2026-02-26".',
    ),
    "review-form": _error(
        '"{value}" is not a review state. Write the day of the reading, such as "2026-02-26", or not yet.',
        '«{value}» ليس حالة مراجعة. اكتب يوم القراءة، مثل "2026-02-26"، أو not yet.',
    ),
    "language-form": _error(
        '"{value}" is not a language code. Use two or three small letters, such as ar, en or ckb.',
        "«{value}» ليس رمز لغة. استعمل حرفين أو ثلاثة حروف صغيرة، مثل ar أو en أو ckb.",
    ),
    "code-form": _error(
        '"{value}" is not a good code. Use at most 16 small Latin letters, digits and -.',
        "«{value}» لا يصلح رمزاً. استعمل 16 حرفاً على الأكثر من الحروف اللاتينية الصغيرة والأرقام و-.",
    ),
    "handle-form": _error(
        '"{value}" is not a Telegram name. Write it without @: 5 to 32 letters, digits and _.',
        "«{value}» ليس اسماً في تيليغرام. اكتبه بلا @: من 5 إلى 32 من الحروف اللاتينية والأرقام و_.",
    ),
    "address-form": _error(
        '"{value}" is not the address of a page. Write it in full, beginning with https://.',
        "«{value}» ليس عنوان صفحة. اكتبه كاملاً بدءاً من https://.",
    ),
    "count-form": _error(
        '"{value}" is not a count. Write a whole number such as "24".',
        '«{value}» ليس عدداً. اكتب عدداً صحيحاً مثل "24".',
    ),
    "value-wrong": _error(
        '"{value}" cannot stand here. Compare it with the same place in another file.',
        "لا يجوز «{value}» هنا. قارنه بالموضع نفسه في ملف آخر.",
    ),
    "words-file": _error(
        "{reason}",
        "هنا خطأ في قائمة الكلمات: {reason}",
    ),
    # Things that name each other
    "id-twice": _error(
        '"{id}" is listed twice (first on line {first}). Delete one of them.',
        "«{id}» مكرر في القائمة (ورد أولاً في السطر {first}). احذف أحدهما.",
    ),
    "unknown-id": _error(
        'there is no {kind} "{id}" (nearest: {nearest}). Correct the id, or add the entry to {file}.',
        "لا يوجد «{id}» في {file} (الأقرب: {nearest}). صحّح الاسم، أو أضفه إلى ذلك الملف.",
    ),
    "language-missing": _error(
        'topic "{topic}" has no answer in "{language}". Add the file {file}.',
        "ليس للموضوع «{topic}» جواب باللغة «{language}». أضف الملف {file}.",
    ),
}
