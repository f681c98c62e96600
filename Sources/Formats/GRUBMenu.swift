/// The entries of a GRUB menu (grub.cfg) and the kernel arguments of each, read without GRUB.
///
/// Variables are followed as GRUB would, with what is known: `set x=…`, the environment block where `load_env` asks for
/// it, and files that `source` names, if given. Conditions that ask for a file are taken as true, comparisons are made,
/// commands succeed. An entry's own lines are read with the variables that the whole menu leaves behind, as they are
/// when a person picks it.
public struct GRUBMenu: Equatable, Sendable {
    /// One `linux`, `linuxefi` or `linux16` line.
    public struct LinuxLine: Equatable, Sendable {
        /// The command's name.
        public let command: String
        /// The kernel's path, as GRUB sees it.
        public let kernel: String
        /// The words behind it, variables put in.
        public let arguments: [String]
        /// The line in the file, from 1.
        public let lineNumber: Int

        /// The arguments as the kernel gets them; GRUB puts a word that holds a space in quotes.
        public var commandLine: KernelCommandLine {
            KernelCommandLine(
                Array(arguments.map { GRUBQuoting.handed(Array($0.utf8)) }.joined(separator: [UInt8(ascii: " ")]))
            )
        }
    }

    /// One entry, at whatever depth.
    public struct Entry: Equatable, Sendable {
        /// The titles of the submenus around it, outermost first, then its own.
        public let titles: [String]
        /// Its place among its siblings and its submenus' places, as in "1>2".
        public let places: [Int]
        /// The `--id` of its submenus and its own, nil where there is none.
        public let ids: [String?]
        /// Its lines that load a Linux kernel; none for another system.
        public let linux: [LinuxLine]
    }

    /// All entries, in the order of the file.
    public let entries: [Entry]
    /// What `default` is set to at the end: a place, title or id, those of submenus before it with ">".
    public let selection: String?
    /// The menu also takes entries of /boot/loader/entries (`blscfg`): see ``BootLoaderEntry``.
    public let usesBootLoaderEntries: Bool

    /// The menu of a file.
    ///
    /// - Parameters:
    ///   - bytes: grub.cfg.
    ///   - savedEnvironment: the variables of the environment block (``GRUBEnvironment``).
    ///   - sources: contents of other files by the path that the menu names.
    public init(_ bytes: [UInt8], savedEnvironment: [String: String] = [:], sources: [String: [UInt8]] = [:]) {
        var reading = GRUBMenuReading(savedEnvironment: savedEnvironment, sources: sources)
        var scope = GRUBMenuReading.Scope()
        reading.readMenu(GRUBScript.parse(bytes), &scope)
        entries = reading.entries
        selection = scope.variables["default"]
        usesBootLoaderEntries = reading.usesBootLoaderEntries
    }

    /// The entry that GRUB boots when nobody chooses: what `default` names, or the first one; nil if it names none, or
    /// if there are entries that this file does not hold.
    public var defaultEntry: Entry? {
        guard let selection, !selection.isEmpty else { return usesBootLoaderEntries ? nil : entries.first }
        let steps = selection.utf8.split(separator: UInt8(ascii: ">")).map { String(Substring($0)) }
        if let entry = entries.first(where: { Self.matches($0, steps) }) {
            return entry
        }
        // A title that itself holds ">".
        return entries.first { $0.titles.count == 1 && $0.titles[0] == selection }
    }

    private static func matches(_ entry: Entry, _ steps: [String]) -> Bool {
        guard entry.titles.count == steps.count else { return false }
        return steps.indices.allSatisfy { index in
            Int(steps[index]) == entry.places[index] || entry.titles[index] == steps[index]
                || entry.ids[index] == steps[index]
        }
    }
}

/// Follows a script from top to bottom.
struct GRUBMenuReading {
    /// The variables of a menu or entry, and where it stands.
    struct Scope {
        var variables: [String: String] = [
            // What every GRUB since 2.00 sets before it reads a menu.
            "feature_menuentry_id": "y", "feature_menuentry_options": "y", "feature_default_font_path": "y",
            "feature_all_video_module": "y", "feature_platform_search_hint": "y", "feature_timeout_style": "y",
        ]
        var titles: [String] = []
        var places: [Int] = []
        var ids: [String?] = []
        var nextPlace = 0
        var linux: [GRUBMenu.LinuxLine] = []
        var waiting: [(title: String, id: String?, place: Int, body: [GRUBScript.Statement], isSubmenu: Bool)] = []
    }

    let savedEnvironment: [String: String]
    let sources: [String: [UInt8]]
    var entries: [GRUBMenu.Entry] = []
    var usesBootLoaderEntries = false
    /// Bytes that expansion may still make, and files that may still be included: no menu can grow without end.
    private var budget = 16 << 20
    private var inclusions = 32
    private static let longestValue = 8192
    private static let mostEntries = 4096
    private static let mostVariables = 4096

    init(savedEnvironment: [String: String], sources: [String: [UInt8]]) {
        self.savedEnvironment = savedEnvironment
        self.sources = sources
    }

    /// A menu's statements, then its entries with the variables that are left.
    mutating func readMenu(_ statements: [GRUBScript.Statement], _ scope: inout Scope) {
        _ = run(statements, &scope)
        if !scope.linux.isEmpty {
            // Lines outside of any entry, as scripts that boot at once have them.
            entries.append(.init(titles: scope.titles, places: scope.places, ids: scope.ids, linux: scope.linux))
            scope.linux = []
        }
        let waiting = scope.waiting
        scope.waiting = []
        for item in waiting {
            var inner = scope
            inner.titles.append(item.title)
            inner.places.append(item.place)
            inner.ids.append(item.id)
            inner.nextPlace = 0
            if item.isSubmenu {
                readMenu(item.body, &inner)
            } else {
                _ = run(item.body, &inner)
                entries.append(.init(titles: inner.titles, places: inner.places, ids: inner.ids, linux: inner.linux))
            }
        }
    }

    /// Runs statements; whether the last one succeeded.
    private mutating func run(_ statements: [GRUBScript.Statement], _ scope: inout Scope) -> Bool {
        var isTrue = true
        for statement in statements {
            switch statement {
            case .command(let words): isTrue = run(words, &scope)
            case .conditional(let branches, let otherwise):
                var isDone = false
                for branch in branches where !isDone {
                    if run(branch.condition, &scope) {
                        isTrue = run(branch.body, &scope)
                        isDone = true
                    }
                }
                if !isDone {
                    isTrue = run(otherwise, &scope)
                }
            case .entry(let header, let body, let isSubmenu):
                guard entries.count + scope.waiting.count < Self.mostEntries else { continue }
                let (title, id) = heading(expand(header, scope))
                scope.waiting.append((title, id, scope.nextPlace, body, isSubmenu))
                scope.nextPlace += 1
            }
        }
        return isTrue
    }

    private func heading(_ words: [String]) -> (title: String, id: String?) {
        var title: String?
        var id: String?
        var index = 1
        while index < words.count {
            let word = words[index]
            index += 1
            if word.hasPrefix("--id=") {
                id = String(word.dropFirst(5))
            } else if word == "--id" {
                id = index < words.count ? words[index] : nil
                index += 1
            } else if ["--class", "--users", "--hotkey", "--source"].contains(word) {
                index += 1
            } else if !word.hasPrefix("--"), title == nil {
                title = word
            }
        }
        return (title ?? "", id)
    }

    private mutating func run(_ command: [GRUBScript.Word], _ scope: inout Scope) -> Bool {
        let words = expand(command, scope)
        guard let name = words.first, let line = command.first?.line else { return true }
        let arguments = Array(words.dropFirst())
        switch name {
        case "[", "test":
            return test(name == "[" && arguments.last == "]" ? arguments.dropLast() : arguments[...])
        case "false": return false
        case "!": return arguments.first.map { $0 == "false" } ?? false
        case "set", "export":
            for argument in arguments {
                assign(argument, &scope)
            }
        case "unset":
            for argument in arguments {
                scope.variables[argument] = nil
            }
        case "load_env": loadEnvironment(arguments, &scope)
        case "source", ".", "configfile":
            guard let path = arguments.first, let bytes = sources[path], inclusions > 0 else { return true }
            inclusions -= 1
            return run(GRUBScript.parse(bytes), &scope)
        case "blscfg": usesBootLoaderEntries = true
        case "linux", "linuxefi", "linux16":
            guard let kernel = arguments.first else { return true }
            let rest = Array(arguments.dropFirst())
            scope.linux.append(.init(command: name, kernel: kernel, arguments: rest, lineNumber: line))
        default:
            if arguments.isEmpty {
                assign(name, &scope)
            }
        }
        return true
    }

    private func assign(_ text: String, _ scope: inout Scope) {
        guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex else { return }
        let value = text[text.utf8.index(after: equals)...]
        let name = String(text[..<equals])
        guard scope.variables.count < Self.mostVariables || scope.variables[name] != nil else { return }
        scope.variables[name] = String(decoding: value.utf8.prefix(Self.longestValue), as: UTF8.self)
    }

    private mutating func loadEnvironment(_ arguments: [String], _ scope: inout Scope) {
        var names: [String] = []
        var index = 0
        while index < arguments.count {
            let word = arguments[index]
            index += 1
            if word == "--file" || word == "-f" {
                index += 1
            } else if !word.hasPrefix("-") {
                names.append(word)
            }
        }
        budget -= savedEnvironment.count * 64
        guard budget >= 0 else { return }
        for (name, value) in savedEnvironment where names.isEmpty || names.contains(name) {
            scope.variables[name] = String(decoding: value.utf8.prefix(Self.longestValue), as: UTF8.self)
        }
    }

    // MARK: Conditions

    private func test(_ words: ArraySlice<String>) -> Bool {
        if let index = words.firstIndex(of: "-o"), index > words.startIndex {
            return test(words[..<index]) || test(words[(index + 1)...])
        }
        if let index = words.firstIndex(of: "-a"), index > words.startIndex {
            return test(words[..<index]) && test(words[(index + 1)...])
        }
        if words.first == "!", words.count > 1 {
            return !test(words.dropFirst())
        }
        let list = Array(words)
        switch list.count {
        case 0: return false
        case 1: return !list[0].isEmpty
        case 2:
            switch list[0] {
            case "-n": return !list[1].isEmpty
            case "-z": return list[1].isEmpty
            default: return true
            }
        case 3:
            switch list[1] {
            case "=", "==": return list[0] == list[2]
            case "!=": return list[0] != list[2]
            case "-eq": return number(list[0]) == number(list[2])
            case "-ne": return number(list[0]) != number(list[2])
            case "-lt": return number(list[0]) < number(list[2])
            case "-le": return number(list[0]) <= number(list[2])
            case "-gt": return number(list[0]) > number(list[2])
            case "-ge": return number(list[0]) >= number(list[2])
            default: return true
            }
        default: return true
        }
    }

    private func number(_ text: String) -> Int { Int(text) ?? 0 }

    // MARK: Words

    /// The words with their variables put in; a variable outside of quotes parts at its blanks.
    private mutating func expand(_ words: [GRUBScript.Word], _ scope: Scope) -> [String] {
        var result: [String] = []
        for word in words {
            var current: [UInt8] = []
            var isOpen = word.isQuoted
            for piece in word.pieces {
                switch piece {
                case .literal(let bytes):
                    current += bytes
                    isOpen = true
                case .variable(let name, let isQuoted):
                    let value = name == "?" ? "0" : scope.variables[name] ?? ""
                    guard budget >= value.utf8.count else { continue }
                    budget -= value.utf8.count
                    if isQuoted {
                        current += value.utf8
                        isOpen = true
                        continue
                    }
                    for byte in value.utf8 {
                        if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
                            if isOpen {
                                result.append(String(decoding: current, as: UTF8.self))
                            }
                            current = []
                            isOpen = false
                        } else {
                            current.append(byte)
                            isOpen = true
                        }
                    }
                }
            }
            if isOpen {
                result.append(String(decoding: current, as: UTF8.self))
            }
        }
        return result
    }
}
