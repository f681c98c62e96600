# Reads a file of /etc/config; prints shell variables (-v out=shell) or what `uci show` says (-v out=show -v package=NAME).
function quoted(text) { gsub(/'/, "'\\''", text); return "'" text "'" }
# word: takes the next word off $0, with its quotes taken away.
function word(    text, mark) {
    sub(/^[ \t]+/, "")
    mark = substr($0, 1, 1)
    if ((mark == "'" || mark == "\"") && match(substr($0, 2), mark)) {
        text = substr($0, 2, RSTART - 1)
        $0 = substr($0, RSTART + 2)
    } else {
        match($0, /^[^ \t]*/)
        text = substr($0, 1, RLENGTH)
        $0 = substr($0, RLENGTH + 1)
    }
    return text
}
function say(option, value) {
    if (out == "shell") print "CONFIG_" section "_" option "=" quoted(value)
    else print package "." shown (option == "TYPE" ? "=" value : "." option "=" quoted(value))
}
BEGIN { if (out == "shell") print "CONFIG_SECTIONS=''" }
{ sub(/\r$/, "") }
/^[ \t]*(#|$)/ { next }
{
    kind = word(); first = word(); second = word()
    if (kind == "config") {
        section = shown = second
        if (second == "") {
            section = "cfg" ++anonymous
            shown = "@" first "[" (counts[first] + 0) "]"
        }
        counts[first]++
        if (out == "shell") print "CONFIG_SECTIONS=\"$CONFIG_SECTIONS " section "\""
        say("TYPE", first)
    } else if (kind == "option") {
        say(first, second)
    } else if (kind == "list") {
        lists[section, first] = lists[section, first] (((section, first) in lists) ? " " : "") second
        say(first, lists[section, first])
    }
}
