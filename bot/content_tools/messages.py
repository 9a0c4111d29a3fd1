"""Every message of the content check, in English and Arabic: what is wrong, then how to mend it."""

from __future__ import annotations

import re
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
    "file-stray": _error(
        'nothing reads "{name}" (nearest: {nearest}). Rename or move the file, or delete it.',
        "لا شيء يقرأ «{name}» (الأقرب: {nearest}). غيّر اسم الملف أو مكانه، أو احذفه.",
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
        "the bracket that opens here is never closed, or a comma is missing inside. Add ] or }} at the end, and commas between the parts.",
        "القوس المفتوح هنا لم يُغلق، أو تنقص فاصلة في داخله. أضف ] أو }} في الآخر، وفاصلة بين كل جزأين.",
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
        "at {place}: {reason}",
        "عند {place}: {reason_ar}",
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
    # One text
    "invisible": _error(
        "a character that nobody can see stands here ({name}). Delete it; if you cannot find it, type the line again.",
        "هنا حرف لا يُرى ({name}). احذفه، وإن لم تجده فاكتب السطر من جديد.",
    ),
    "letter-lookalike": _error(
        'in "{word}" the letter {letter} belongs to another alphabet. Type the word again with one keyboard.',
        "في «{word}» الحرف {letter} من أبجدية أخرى. اكتب الكلمة من جديد بلوحة مفاتيح واحدة.",
    ),
    "letter-persian": _error(
        'in "{word}" the letter {letter} is not the Arabic one. Type the word again with an Arabic keyboard.',
        "في «{word}» الحرف {letter} ليس الحرف العربي. اكتب الكلمة من جديد بلوحة مفاتيح عربية.",
    ),
    "mark-latin": _error(
        'a Latin "{mark}" follows an Arabic word. Write "{right}".',
        "جاءت العلامة اللاتينية «{mark}» بعد كلمة عربية. اكتب «{right}».",
    ),
    "mark-arabic": _error(
        'an Arabic "{mark}" follows a Latin word. Write "{right}".',
        "جاءت العلامة العربية «{mark}» بعد كلمة لاتينية. اكتب «{right}».",
    ),
    "mark-loose": _error(
        'a space stands before "{mark}". Delete the space.',
        "توجد مسافة قبل العلامة «{mark}». احذف المسافة.",
    ),
    "digits-eastern": _error(
        'the digits "{digits}" are not the ones used here. Write {right}.',
        "الأرقام «{digits}» ليست من الأرقام المستعملة هنا. اكتب {right}.",
    ),
    "html-refused": _error(
        "Telegram refuses {tag}. Delete it: texts here are plain.",
        "يرفض تيليغرام {tag}. احذفه: النصوص هنا بلا تنسيق.",
    ),
    "html": _error(
        "askers would read {tag} as it stands. Delete it: texts here are plain.",
        "سيقرأ السائل {tag} كما هو. احذفه: النصوص هنا بلا تنسيق.",
    ),
    "markdown": _error(
        'askers would read "{sign}" as it stands. Delete it: texts here are plain; a list line begins with "• ".',
        "سيقرأ السائل «{sign}» كما هي. احذفها: النصوص هنا بلا تنسيق، وسطر القائمة يبدأ بـ «• ».",
    ),
    "raw-link": _error(
        '"{link}" is a link or a handle. Put it into contacts.yaml or sources.yaml and write {{contact:...}} here.',
        "«{link}» رابط أو معرّف. ضعه في contacts.yaml أو sources.yaml واكتب هنا {{contact:...}}.",
    ),
    "raw-phone": _error(
        '"{number}" looks like a telephone number. Put it into contacts.yaml and write {{contact:...}} here.',
        "«{number}» يشبه رقم هاتف. ضعه في contacts.yaml واكتب هنا {{contact:...}}.",
    ),
    "raw-911": _error(
        "the emergency number stands here in digits. Write {{contact:iraq-911}}, or {{number:iraq-911}} in a warning.",
        "رقم الطوارئ مكتوب هنا بأرقامه. اكتب {{contact:iraq-911}}، أو {{number:iraq-911}} في التحذير.",
    ),
    "placeholder-broken": _error(
        '"{typed}" is not a placeholder. Write {{contact:ID}} or {{number:ID}} with an id of contacts.yaml, without spaces.',
        "«{typed}» ليس علامة استبدال صحيحة. اكتب {{contact:ID}} أو {{number:ID}} باسم من contacts.yaml وبلا مسافات.",
    ),
    "placeholder-unknown": _error(
        'there is no contact "{id}" (nearest: {nearest}). Correct the id, or add the contact to contacts.yaml.',
        "لا توجد جهة اسمها «{id}» (الأقرب: {nearest}). صحّح الاسم، أو أضف الجهة إلى contacts.yaml.",
    ),
    "placeholder-dead": _error(
        "{{number:{id}}} shows nothing, because that contact has no confirmed number. Write {{contact:{id}}}.",
        "لا يُظهر {{number:{id}}} شيئاً، لأن هذه الجهة بلا رقم مؤكد. اكتب {{contact:{id}}}.",
    ),
    "text-long": _error(
        '"{key}" is {length} characters long; {limit} are allowed. Shorten it, or move a part into "details".',
        "طول «{key}» ‏{length} حرفاً والمسموح {limit}. اختصره، أو انقل جزءاً منه إلى «details».",
    ),
    "telegram-long": _error(
        "the whole answer takes {length} characters of a Telegram message; {limit} are allowed. Shorten the details.",
        "يأخذ الجواب كله {length} حرفاً من رسالة تيليغرام والمسموح {limit}. اختصر التفاصيل.",
    ),
    # Truth and rules
    "number-differs": _error(
        '"{number}" stands here and not in the "{other}" text of this topic. Make the two languages say the same.',
        "ورد «{number}» هنا ولم يرد في نص هذا الموضوع باللغة «{other}». اجعل اللغتين تقولان الشيء نفسه.",
    ),
    "number-unsourced": _error(
        '"{number}" stands in none of the facts of topic "{topic}" ({facts}). Correct it, or name the fact in topics.yaml.',
        "لا يرد «{number}» في أي من معلومات الموضوع «{topic}» ({facts}). صحّحه، أو أضف المعلومة إلى topics.yaml.",
    ),
    "placeholder-differs": _error(
        'contact "{typed}" stands here and not in the "{other}" text of this topic. Name the same contacts in both languages.',
        "وردت الجهة «{typed}» هنا ولم ترد في نص هذا الموضوع باللغة «{other}». اذكر الجهات نفسها في اللغتين.",
    ),
    "promise": _error(
        '"{words}" promises what nobody can promise. Say what is known, or that it is not known.',
        "«{words}» وعد لا يستطيع أحد أن يعد به. قل ما هو معروف، أو قل إنه غير معروف.",
    ),
    "emergency-callable": _error(
        "someone in Russia may read this, and there these digits start Russia's emergency service. Write {{number:{id}}} with the warning instead of {{contact:{id}}}.",
        "قد يقرأ هذا من هو في روسيا، وهناك تفتح هذه الأرقام خط الطوارئ الروسي. اكتب {{number:{id}}} مع التحذير بدلاً من {{contact:{id}}}.",
    ),
    "emergency-unwarned": _error(
        "the warning is missing. Add that the number is for inside Iraq, that nobody should dial it in Russia, and that a relative in Iraq can call.",
        "التحذير ناقص. أضف أن الرقم لداخل العراق، وألا يُتصل به في روسيا، وأن قريباً في العراق يستطيع الاتصال.",
    ),
    "contact-hidden": _error(
        '"{name}" stays out of every reply. Delete it.',
        "«{name}» لا يُذكر في أي جواب. احذفه.",
    ),
    "contact-unverified-value": _error(
        '"{value}" is a number or handle that nobody has confirmed (contact "{id}"). Delete it here; it may stand in contacts.yaml only.',
        "«{value}» رقم أو معرّف لم يؤكده أحد (الجهة «{id}»). احذفه من هنا، فمكانه contacts.yaml وحده.",
    ),
    "fact-alone": _error(
        'fact {fact} never stands without {other}: real visas have ended in army contracts too. Add {other} to "facts" and say so in the answer.',
        "المعلومة {fact} لا ترد بلا {other}: تأشيرات حقيقية انتهت أيضاً بعقود عسكرية. أضف {other} إلى «facts» واذكر ذلك في الجواب.",
    ),
    "share-untraced": _error(
        "this share could not be traced to a document. Say beside it that no document was found, or leave it out.",
        "لم نجد وثيقة تثبت هذه النسبة. قل بجانبها إنه لم توجد وثيقة، أو احذفها.",
    ),
    # The registry
    "id-long": _error(
        '"{id}" is longer than {limit} characters. Choose a shorter id.',
        "الاسم «{id}» أطول من {limit} حرفاً. اختر اسماً أقصر.",
    ),
    "id-key-twice": _error(
        'the short key of "{id}" is the same as that of "{other}". Change a letter of the newer id.',
        "المفتاح القصير للاسم «{id}» مطابق لمفتاح «{other}». غيّر حرفاً في الاسم الأحدث.",
    ),
    "related-self": _error(
        'topic "{id}" names itself as related. Delete it from "related".',
        "الموضوع «{id}» يذكر نفسه في «related». احذفه منها.",
    ),
    "related-count": _error(
        'topic "{id}" has {count} related topics. Name two to four.',
        "للموضوع «{id}» ‏{count} من المواضيع القريبة. اذكر من اثنين إلى أربعة.",
    ),
    "entry-twice": _error(
        '"{id}" stands twice in this list. Delete one of them.',
        "ورد «{id}» مرتين في هذه القائمة. احذف إحداهما.",
    ),
    "fact-unsourced": _error(
        "fact {id} names no source. Add the id of a page in sources.yaml, or set its confidence to not-found.",
        "المعلومة {id} بلا مصدر. أضف اسم صفحة من sources.yaml، أو اجعل confidence ‏not-found.",
    ),
    "fact-unused": _warning(
        "no topic and no contact uses fact {id}. Name it in topics.yaml, or mark it use: editors.",
        "لا يستعمل أي موضوع ولا جهة المعلومة {id}. اذكرها في topics.yaml، أو اجعلها use: editors.",
    ),
    "source-undated": _error(
        'source "{id}" has no date. Add "date", or "date_note" saying what the page shows.',
        "المصدر «{id}» بلا تاريخ. أضف «date»، أو «date_note» وفيه ما تذكره الصفحة.",
    ),
    "source-unused": _warning(
        'no fact and no contact uses source "{id}". Name it in facts.yaml, or delete it.',
        "لا تستعمل أي معلومة ولا جهة المصدر «{id}». اذكره في facts.yaml، أو احذفه.",
    ),
    "source-future": _error(
        'source "{id}" is dated in the future ({date}). Correct the date.',
        "تاريخ المصدر «{id}» في المستقبل ({date}). صحّح التاريخ.",
    ),
    "review-missing": _error(
        'topic "{id}" has no "review_by". Add the day by which somebody should read it again, such as "2027-02-28".',
        'الموضوع «{id}» بلا «review_by». أضف اليوم الذي ينبغي أن يُراجع قبله، مثل "2027-02-28".',
    ),
    "review-passed": _warning(
        'the review of topic "{id}" was due on {date}. Check its facts, then set a later "review_by".',
        "كان موعد مراجعة الموضوع «{id}» في {date}. راجع معلوماته، ثم اجعل «review_by» يوماً لاحقاً.",
    ),
    "day-future": _error(
        "{date} is in the future. Write the day on which it was done.",
        "التاريخ {date} في المستقبل. اكتب اليوم الذي تم فيه ذلك.",
    ),
    "contact-valueless": _error(
        'contact "{id}" is usable and has no "value". Add it, or set the status to not-published.',
        "الجهة «{id}» حالتها usable وليس لها «value». أضفه، أو اجعل الحالة not-published.",
    ),
    "contact-published": _error(
        'contact "{id}" is not-published and has a "value". Delete the value, or set the status to check-first.',
        "الجهة «{id}» حالتها not-published ولها «value». احذفه، أو اجعل الحالة check-first.",
    ),
    "contact-unchecked": _error(
        'contact "{id}" is usable and nobody has confirmed it. Run: tabayyan contact verify {id} --by WHO --source URL',
        "الجهة «{id}» حالتها usable ولم يؤكدها أحد. نفّذ: tabayyan contact verify {id} --by WHO --source URL",
    ),
    "contact-unsourced": _error(
        'contact "{id}" is usable and names no source. Add the id of a page in sources.yaml.',
        "الجهة «{id}» حالتها usable وليس لها مصدر. أضف اسم صفحة من sources.yaml.",
    ),
    "contact-expired": _warning(
        'contact "{id}" was last confirmed on {date}, more than {days} days ago. Check it, then run: tabayyan contact verify {id} --by WHO --source URL',
        "آخر تأكيد للجهة «{id}» كان في {date}، قبل أكثر من {days} يوماً. تأكد منها، ثم نفّذ: tabayyan contact verify {id} --by WHO --source URL",
    ),
    "contact-instead": _error(
        'contact "{id}" has no number to show. Add "instead": what to do without it.',
        "ليس للجهة «{id}» رقم يُعرض. أضف «instead»: ماذا يفعل السائل بدلاً من ذلك.",
    ),
    "words-missing": _error(
        '"{key}" has no text in "{language}". Add a line "{language}:" with it.',
        "ليس لـ «{key}» نص باللغة «{language}». أضف سطراً يبدأ بـ «{language}:».",
    ),
    "language-unknown": _error(
        'there is no language "{id}" in campaign.yaml (nearest: {nearest}). Correct the code, or add the language there.',
        "لا توجد لغة «{id}» في campaign.yaml (الأقرب: {nearest}). صحّح الرمز، أو أضف اللغة هناك.",
    ),
    "plural-wrong": _error(
        '"{value}" is not a plural rule. Copy the rule of the language from gettext, such as: n != 1',
        "«{value}» ليست قاعدة جمع. انسخ قاعدة اللغة من gettext، مثل: n != 1",
    ),
    "category-empty": _warning(
        'no topic stands in category "{id}". Add a topic, or delete the category.',
        "لا موضوع في القسم «{id}». أضف موضوعاً، أو احذف القسم.",
    ),
    # Questions
    "variety-unknown": _error(
        '"{variety}" is no way of writing "{language}" (nearest: {nearest}). Correct it, or add it in campaign.yaml.',
        "«{variety}» ليست من طرق كتابة اللغة «{language}» (الأقرب: {nearest}). صحّحها، أو أضفها في campaign.yaml.",
    ),
    "phrasing-elsewhere": _error(
        '"{question}" also belongs to topic "{other}" ({place}). Keep it in one of them.',
        "«{question}» موجود أيضاً في الموضوع «{other}» ({place}). أبقه في واحد منهما.",
    ),
    "phrasing-twice": _warning(
        '"{question}" stands twice in this topic (first: {first}). Delete one, or write another idea.',
        "«{question}» مكرر في هذا الموضوع (ورد أولاً في {first}). احذف أحدهما، أو اكتب فكرة أخرى.",
    ),
    "phrasing-foreign": _error(
        '"{question}" stands among the questions that no topic answers ({place}) and belongs to topic "{other}". Keep it in one place.',
        "«{question}» موجود في الأسئلة التي لا يجيب عنها أي موضوع ({place}) وفي الموضوع «{other}». أبقه في مكان واحد.",
    ),
    "phrasing-wordless": _error(
        '"{question}" holds no word. Write what somebody would type, or delete the line.',
        "«{question}» بلا كلمات. اكتب ما قد يكتبه سائل، أو احذف السطر.",
    ),
    "phrasings-few": _warning(
        'topic "{topic}" has {count} phrasings in "{variety}"; {wanted} are wanted. Add more that people would really type.',
        "للموضوع «{topic}» ‏{count} من الصيغ في «{variety}» والمطلوب {wanted}. أضف صيغاً يكتبها الناس فعلاً.",
    ),
    "wording-learnt": _warning(
        'the test question "{question}" is also a phrasing ({place}). Test on another one: a question that was learnt proves nothing.',
        "سؤال الاختبار «{question}» موجود أيضاً بين الصيغ ({place}). اختبر بسؤال آخر: فالسؤال المحفوظ لا يثبت شيئاً.",
    ),
    # Interface sentences
    "sentence-blank-lost": _error(
        "{blank} stands in the English sentence and not in its translation. Put {blank} where its word belongs.",
        "ورد {blank} في الجملة الإنكليزية ولم يرد في ترجمتها. ضع {blank} في موضعه من الترجمة.",
    ),
    "sentence-blank-unknown": _error(
        "{blank} does not stand in the English sentence, so nothing fills it. Delete it, or correct its spelling.",
        "لا يرد {blank} في الجملة الإنكليزية، فلا شيء يملؤه. احذفه، أو صحّح كتابته.",
    ),
    "sentence-forms": _error(
        "the sentence has {count} of the {wanted} plural forms of this language. Write the missing ones.",
        "للجملة {count} من صيغ الجمع وعددها {wanted} في هذه اللغة. اكتب الصيغ الناقصة.",
    ),
    "sentence-untranslated": _warning(
        '"{sentence}" is not translated. Write its translation after msgstr.',
        "الجملة «{sentence}» غير مترجمة. اكتب ترجمتها بعد msgstr.",
    ),
    "catalogue-broken": _error(
        "the catalogue cannot be read. Undo the last change; every text stands between two quotation marks.",
        "لا يمكن قراءة ملف الترجمة. تراجع عن آخر تغيير؛ كل نص بين علامتي اقتباس.",
    ),
    "word-two-families": _error(
        '"{word}" stands in the families "{first}" and "{second}". Keep it in one of them.',
        "«{word}» موجودة في المجموعتين «{first}» و«{second}». أبقها في واحدة منهما.",
    ),
}


_WORD_FILE_REASONS: tuple[tuple[str, str], ...] = (
    (r"keys with values are expected here\..*", "يجب أن تكون هنا مفاتيح وقيم. اكتب في كل سطر key: value."),
    (r"this key is missing\. Add it\.", "هذا المفتاح ناقص. أضفه."),
    (r"this key is not known here\. (.*)", "هذا المفتاح غير معروف هنا. {0}"),
    (r"no such danger\. (.*)", "لا يوجد خطر بهذا الاسم. {0}"),
    (r"no sign is called (.*?)\. (.*)", "لا توجد علامة اسمها {0}. {1}"),
    (r"the sentences for (.*) are missing\..*", "الجمل الخاصة بـ {0} ناقصة. أضف المفتاح {0}."),
    (r"a text is expected here\..*", "يجب أن يكون هنا نص. اكتب جملة."),
    (r"a list is expected here\..*", "يجب أن تكون هنا قائمة. ابدأ كل سطر بـ «- »."),
    (r"(\".*\") in (\".*\") holds no word that can be compared\..*", "لا كلمة في {0} من {1} يمكن مقارنتها. اكتب كلمة."),
    (r"(\".*\") holds no word\..*", "لا كلمة في {0}. اكتب كلمة واحدة على الأقل يجب أن ترد."),
    (
        r"(\".*\") names the group (<.*>), which is not there\. Groups: (.*)\.",
        "يذكر {0} المجموعة {1} وهي غير موجودة. المجموعات: {2}.",
    ),
    (r"Did you mean (.*)\?", "هل تقصد {0}؟"),
    (r"Use one of: (.*)\.", "استعمل واحداً من: {0}."),
)


def word_file_reason(reason: str) -> str:
    """What the parsers of the word files say, in Arabic; as it is where no translation is known."""
    for pattern, arabic in _WORD_FILE_REASONS:
        found = re.fullmatch(pattern, reason, re.DOTALL)
        if found is not None:
            return arabic.format(*(word_file_reason(part) for part in found.groups()))
    return reason
