internal import Machine
internal import SystemPackage

/// What a sysfs path says (Documentation/admin-guide/sysfs-rules.rst).
enum Sysfs {
    /// The PCI functions that a device's path passes through, outermost first; the last one is the function that the
    /// device belongs to.
    static func functions(in path: String) -> [String] {
        components(path).filter(isAddress)
    }

    /// The folder of the function that a device belongs to; nil when it hangs below none.
    static func functionFolder(in path: String) -> String? {
        let parts = components(path)
        guard let last = parts.lastIndex(where: isAddress) else { return nil }
        return "/" + parts[...last].joined(separator: "/")
    }

    /// Whether `name` is a PCI address as sysfs writes it: `0000:02:00.0`, the domain four digits or more.
    static func isAddress(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count >= 4, parts[0].count <= 8, parts[1].count == 2 else { return false }
        let slot = Array(parts[2])
        guard slot.count == 4, slot[2] == UInt8(ascii: "."), (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(slot[3])
        else { return false }
        return parts[0].allSatisfy(isHex) && parts[1].allSatisfy(isHex) && slot[..<2].allSatisfy(isHex)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    static func components(_ path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    }

    /// Whether `name` is `prefix` and then a decimal number: `fb0`, `card1`, `input12`.
    static func isNumbered(_ name: String, _ prefix: String) -> Bool {
        let bytes = name.utf8
        guard bytes.starts(with: prefix.utf8), bytes.count > prefix.utf8.count else { return false }
        return bytes.dropFirst(prefix.utf8.count).allSatisfy(isDigit)
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Names with their numbers in order of size: `sda2` before `sda10`.
    static func inOrder(_ left: String, _ right: String) -> Bool {
        var a = Array(left.utf8)[...]
        var b = Array(right.utf8)[...]
        while let x = a.first, let y = b.first {
            if isDigit(x) && isDigit(y) {
                let m = a.prefix(while: isDigit).drop { $0 == UInt8(ascii: "0") }
                let n = b.prefix(while: isDigit).drop { $0 == UInt8(ascii: "0") }
                if m.count != n.count { return m.count < n.count }
                if m != n { return m.lexicographicallyPrecedes(n) }
                a = a.drop(while: isDigit)
                b = b.drop(while: isDigit)
                continue
            }
            if x != y { return x < y }
            a.removeFirst()
            b.removeFirst()
        }
        if a.isEmpty != b.isEmpty { return a.isEmpty }
        return left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

/// Something that could not be read, and why.
struct Unreadable: Error {
    var reason: String
    /// Whether there is nothing to be read: what was asked for does not exist.
    var isAbsence = false

    init(_ error: Errno, _ path: String) {
        self.init("\(Unreadable.words(error)): \(path)")
        isAbsence = error.isAbsence
    }

    init(_ reason: String) {
        self.reason = reason
    }

    private static func words(_ error: Errno) -> String {
        switch error {
        case .noSuchFileOrDirectory: "no such file"
        case .notDirectory: "not a directory"
        case .permissionDenied: "permission denied"
        case .notPermitted: "not permitted"
        case .invalidArgument: "invalid argument"
        case .ioError: "I/O error"
        case .resourceTemporarilyUnavailable: "try again"
        case .tooManySymbolicLinkLevels: "too many levels of links"
        default: "error \(error.rawValue)"
        }
    }
}

/// Reads one sysfs folder's attributes and keeps why something could not be read, by the key that it would have filled.
struct Attributes {
    let machine: Machine
    let folder: String
    var unknown: [String: String] = [:]

    init(_ machine: Machine, _ folder: String) {
        self.machine = machine
        self.folder = folder
    }

    /// An attribute's text; nil when there is no such attribute (or one of `absent` came back), or it is empty, or it
    /// could not be read. A `required` attribute that is not there is unknown.
    mutating func text(_ name: String, _ key: String, absent: [Errno] = [], required: Bool = false) -> String? {
        let path = folder + "/" + name
        do throws(Errno) {
            let text = try machine.text(path)
            return text.isEmpty ? nil : text
        } catch {
            if absent.contains(error) { return nil }
            if !required && error.isAbsence { return nil }
            unknown[key] = Unreadable(error, path).reason
            return nil
        }
    }

    /// A decimal attribute; one that is no number is unknown.
    mutating func number(_ name: String, _ key: String, absent: [Errno] = [], required: Bool = false) -> Int? {
        guard let text = text(name, key, absent: absent, required: required) else { return nil }
        if let number = Int(text) { return number }
        unknown[key] = "not a number: \(folder)/\(name)"
        return nil
    }

    /// A hexadecimal attribute, with or without `0x`.
    mutating func hexadecimal(_ name: String, _ key: String, required: Bool = false) -> Int? {
        guard let text = text(name, key, required: required) else { return nil }
        let digits = text.utf8.starts(with: "0x".utf8) ? Substring(text.utf8.dropFirst(2)) : Substring(text)
        if let number = Int(digits, radix: 16) { return number }
        unknown[key] = "not a number: \(folder)/\(name)"
        return nil
    }

    /// An attribute that is 0 or 1.
    mutating func flag(_ name: String, _ key: String, absent: [Errno] = [], required: Bool = false) -> Bool? {
        number(name, key, absent: absent, required: required).map { $0 != 0 }
    }

    /// The names in a folder below; none when there is no such folder.
    mutating func list(_ name: String, _ key: String) -> [String] {
        let path = name.isEmpty ? folder : folder + "/" + name
        do throws(Errno) {
            return try machine.list(path)
        } catch {
            if name.isEmpty || !error.isAbsence { unknown[key] = Unreadable(error, path).reason }
            return []
        }
    }

    /// The last component of a link's target; nil when there is no such link.
    mutating func linkName(_ name: String, _ key: String) -> String? {
        let path = folder + "/" + name
        do throws(Errno) {
            return Machine.lastComponent(of: try machine.link(path))
        } catch {
            if !error.isAbsence { unknown[key] = Unreadable(error, path).reason }
            return nil
        }
    }

    /// Whether something of that name is in the folder; false, and the key unknown, where that cannot be seen.
    mutating func exists(_ name: String, _ key: String) -> Bool {
        let path = folder + "/" + name
        do throws(Errno) {
            return try machine.isThere(path)
        } catch {
            unknown[key] = Unreadable(error, path).reason
            return false
        }
    }

    /// The folder's `uevent` as a table.
    mutating func event(_ key: String) -> [String: String] {
        do throws(Unreadable) {
            return try machine.deviceEvent(folder)
        } catch {
            unknown[key] = error.reason
            return [:]
        }
    }
}

extension Machine {
    /// The entries of `/sys/class/NAME`, sorted; none where the kernel has no such class.
    ///
    /// On a captured host a missing class means that the kernel has none only if `/sys/class` was captured as a whole;
    /// else it is unreadable. Without an `essential` class no machine runs: its absence is always unreadable.
    func classMembers(_ name: String, essential: Bool = false) throws(Unreadable) -> [String] {
        let path = "/sys/class/" + name
        do throws(Errno) {
            return try list(path).sorted(by: Sysfs.inOrder)
        } catch {
            if !essential, error == .noSuchFileOrDirectory, isWhole("/sys/class", ["mem", "misc"]) { return [] }
            throw Unreadable(error, path)
        }
    }

    /// Whether a folder holds names that every kernel has and no reader asks for: then what is not in it does not exist.
    func isWhole(_ folder: String, _ signs: [String]) -> Bool {
        let names = listIfAny(folder)
        return signs.allSatisfy(names.contains)
    }

    /// Where a class entry's link leads: the device's own folder below `/sys/devices`.
    func devicePath(_ entry: String) throws(Unreadable) -> String {
        do throws(Errno) {
            return try linkTarget(entry)
        } catch {
            throw Unreadable(error, entry)
        }
    }

    /// The lines of a text file.
    func textLines(_ path: String) throws(Unreadable) -> [String] {
        do throws(Errno) {
            return Lines.split(try read(path))
        } catch {
            throw Unreadable(error, path)
        }
    }

    /// Where a class entry leads, as ``devicePath(_:)`` says it; nil when the device went away meanwhile, and for what is no
    /// device: a file among the links.
    func devicePathIfThere(_ entry: String) throws(Unreadable) -> String? {
        do throws(Errno) {
            return try linkTarget(entry)
        } catch {
            if error.isAbsence || error == .invalidArgument { return nil }
            throw Unreadable(error, entry)
        }
    }

    /// A device's `uevent` file as a table; empty where there is none.
    func deviceEvent(_ folder: String) throws(Unreadable) -> [String: String] {
        var table: [String: String] = [:]
        var lines: [String] = []
        do throws(Unreadable) {
            lines = try textLines(folder + "/uevent")
        } catch {
            guard error.isAbsence else { throw error }
        }
        for line in lines {
            guard let equals = line.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            table[String(line[..<equals])] = String(line[line.utf8.index(after: equals)...])
        }
        return table
    }
}

/// Text cut up by bytes.
enum Lines {
    /// Lines without their ends; a carriage return belongs to the end.
    static func split(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n")).map { line in
            String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
        }
    }

    /// The words between blanks.
    static func words(_ line: String) -> [String] {
        line.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map { String(Substring($0)) }
    }
}
