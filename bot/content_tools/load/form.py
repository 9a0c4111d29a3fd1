"""What can be wrong with the form of a file: the rules that reading it applies."""

from __future__ import annotations

from bot.content_tools.rule import error
from bot.i18n import N_

# ---- the file
error("file-missing", N_("this file is missing. Add it; the other files of the same kind show its form."))
error("file-unreadable", N_("the file cannot be read. Check that it is a plain file that everybody may read."))
error("file-too-large", N_("the file is larger than {limit} kB. Split it or shorten it."))
error("file-empty", N_("the file holds nothing. Write its keys, or delete the file."))
error(
    "file-ending", N_('the file name ends in ".yml". Rename it so that it ends in ".yaml"; otherwise it is not read.')
)
error("not-utf8", N_("the file is not saved as UTF-8. Save it again with the encoding UTF-8."))
error(
    "control-character", N_("an invisible control character ({code}) stands here. Delete it and type the place again.")
)
error("content-older", N_("this content was written for an older version. Run: tabayyan content migrate"))

# ---- its YAML
error("tab-indent", N_("the line begins with a tab. Replace it with spaces."))
error("yaml-broken", N_("the file cannot be read as YAML. Undo the last change and try again in smaller steps."))
error("quote-open", N_("the quotation mark that opens here is never closed. Add the same mark at the end of the text."))
error(
    "bracket-open",
    N_(
        "the bracket that opens here is never closed, or a comma is missing inside. Add ] or }} at the end, and commas between the parts."
    ),
)
error(
    "colon-in-text",
    N_(
        'a colon followed by a space stands inside a text, or this line is indented too far. Put the whole text in "quotation marks", or move the line to the left.'
    ),
)
error("colon-missing", N_('this line has no colon after its key. Write it as "key: text".'))
error("sign-starts-text", N_('a text may not begin with "{sign}". Put the whole text in "quotation marks".'))
error(
    "text-after-quote",
    N_(
        'text goes on after the closing quotation mark. Put the whole text in "double quotation marks", and write those inside it as «».'
    ),
)
error(
    "indent-wrong",
    N_(
        "the line does not stand under its neighbours. Give it as many spaces at its beginning as the lines beside it have."
    ),
)
error("key-twice", N_('"{key}" appears twice (first on line {first}). Delete one of them.'))
error("key-not-text", N_("a key must be a simple word. Write the key as one word without brackets."))
error(
    "alias",
    N_('"{name}" is read by YAML as a reference. Put the text in "quotation marks", or write the words out.'),
    example="alias-star",
)
error(
    "tag", N_('"{name}" is read by YAML as a type. Put the text in "quotation marks", or delete the exclamation mark.')
)
error("too-deep", N_("lists inside lists go deeper than {limit} levels. Check the brackets and spaces of this line."))
error("two-documents", N_('a line "---" begins a second document. Delete that line.'))

# ---- keys and kinds of values
error("key-missing", N_('"{key}" is missing. Add a line "{key}:" with its text.'))
error(
    "key-unknown",
    N_('"{key}" is not a key of this place (nearest: {nearest}). Correct its spelling, or delete the line.'),
)
error("value-empty", N_('nothing stands after "{key}:". Write its text, or delete the line.'))
error("text-expected", N_('"{key}" must be one text. Write the text after the colon, without a list below it.'))
error("list-expected", N_('"{key}" must be a list. Put every entry on its own line beginning with "- ".'))
error("list-empty", N_('"{key}" is an empty list. Add at least one entry.'))
error("keys-expected", N_('"{key}" must hold keys. Below it write lines of the form "key: text".'))
error("choice-wrong", N_('"{value}" cannot stand here (nearest: {nearest}). Choose one of: {choices}.'))
error("id-form", N_('"{value}" is not a good id. Use small Latin letters and digits with - between words.'))
error("fact-id-form", N_('"{value}" is not a fact id. Write a letter and two digits, such as L07.'))
error("day-form", N_('"{value}" is not a day. Write year-month-day, such as "2026-02-26".'))
error("date-form", N_('"{value}" is not a date. Write "2026", "2026-02" or "2026-02-26".'))
error(
    "review-form",
    N_('"{value}" is not a review state. Write the day of the reading, such as "2026-02-26", or not yet.'),
)
error("language-form", N_('"{value}" is not a language code. Use two or three small letters, such as ar, en or ckb.'))
error("code-form", N_('"{value}" is not a good code. Use at most 16 small Latin letters, digits and -.'))
error("handle-form", N_('"{value}" is not a Telegram name. Write it without @: 5 to 32 letters, digits and _.'))
error("address-form", N_('"{value}" is not the address of a page. Write it in full, beginning with https://.'))
error("count-form", N_('"{value}" is not a count. Write a whole number such as "24".'))
error("weight-form", N_('"{value}" is not a weight. Write a number such as "2.5".'))
error("zone-form", N_('"{value}" is no time zone. Write its IANA name, such as Africa/Nairobi.'))
error("value-wrong", N_('"{value}" cannot stand here. Compare it with the same place in another file.'))

# ---- word patterns
error("pattern-unreadable", N_('"{part}" in "{line}" holds no word that can be compared. Write a word.'))
error("pattern-wordless", N_('"{line}" holds no word. Write at least one word that must stand there.'))
error(
    "pattern-group",
    N_(
        '"{line}" names the group <{name}>, which is not there. Correct the name, or add the group to "groups" (there are: {known}).'
    ),
)
error("pattern-joined", N_('"{part}" in "{line}" joins a bracket to a word. Write a space between them.'))
error("pattern-nested", N_('"{part}" in "{line}" holds a group of phrases. Write it on a line of its own.'))
error(
    "pattern-bracket",
    N_('"{line}" opens a bracket that it does not close, or the reverse. Write both < and >, ( and ).'),
)

# ---- answers
error(
    "language-missing",
    N_('topic "{topic}" has no answer in "{language}". Add the file {file}.'),
    example="answer-missing",
)
