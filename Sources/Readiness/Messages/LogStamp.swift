/// When a line was written, as the program that keeps the log says it, and where its message begins.
struct LogStamp: Sendable, Hashable {
    enum Clock: Sendable, Hashable {
        /// Seconds since the kernel started.
        case boot
        /// Seconds of the calendar; without a year those of year 0.
        case calendar
    }

    var clock: Clock?
    var seconds = 0.0
    /// The first byte of the message.
    private(set) var end = 0

    /// Reads the kernel's `[   12.345678]`, `dmesg -T`, the journal's short and ISO forms, syslog, logread of OpenWrt,
    /// libvirt's and QEMU's own.
    init(_ line: [UInt8]) {
        var reader = StampReader(line)
        // Several may stand one behind the other: the last is the nearest to the program.
        for _ in 0..<4 {
            reader.skipPriority()
            guard let (clock, seconds) = reader.stamp() else { break }
            self.clock = clock
            self.seconds = seconds
            reader.skipSource()
        }
        end = reader.place
    }
}

private struct StampReader {
    let line: [UInt8]
    var place = 0

    init(_ line: [UInt8]) { self.line = line }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    private func byte(_ offset: Int = 0) -> UInt8 { place + offset < line.count ? line[place + offset] : 0 }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// `<6>` of syslog.
    mutating func skipPriority() {
        guard byte() == UInt8(ascii: "<") else { return }
        var index = place + 1
        while index < line.count, index < place + 5, isDigit(line[index]) { index += 1 }
        if index > place + 1, index < line.count, line[index] == UInt8(ascii: ">") {
            place = index + 1
            // RFC 5424 puts its version behind it.
            if byte() == UInt8(ascii: "1"), byte(1) == 0x20 { place += 2 }
        }
    }

    mutating func stamp() -> (LogStamp.Clock, Double)? {
        let start = place
        let isBracketed = byte() == UInt8(ascii: "[")
        if isBracketed {
            place += 1
            skipBlanks()
            if let seconds = decimal(), byte() == UInt8(ascii: "]") {
                place += 1
                skipBlanks()
                return (.boot, seconds)
            }
            place = start + 1
        }
        if let seconds = date() {
            if isBracketed {
                guard byte() == UInt8(ascii: "]") else {
                    place = start
                    return nil
                }
                place += 1
            }
            skipBlanks()
            return (.calendar, seconds)
        }
        place = start
        return nil
    }

    /// `host kernel: `, `host libvirtd[812]: `, `kern.err kernel: `, `1234: error : `, `[T812] `.
    mutating func skipSource() {
        for _ in 0..<3 {
            skipBlanks()
            if byte() == UInt8(ascii: "["), byte(1) == UInt8(ascii: "T") || byte(1) == UInt8(ascii: "C") {
                if let close = line[place...].prefix(12).firstIndex(of: UInt8(ascii: "]")) {
                    place = close + 1
                    continue
                }
            }
            // At most two words before a colon that a blank follows.
            var index = place
            var words = 1
            while index < line.count, index < place + 80 {
                if line[index] == 0x3A, index + 1 == line.count || line[index + 1] == 0x20 { break }
                if line[index] == 0x20 { words += 1 }
                index += 1
            }
            guard index < line.count, index < place + 80, line[index] == 0x3A, words <= 2,
                isSource(line[place..<index])
            else { return }
            place = index + 1
            skipBlanks()
            return
        }
    }

    /// Only what logging programs put there: a message has colons of its own.
    private func isSource(_ words: ArraySlice<UInt8>) -> Bool {
        let known = [
            "kernel", "libvirtd", "virtqemud", "qemu", "kvm", "dockerd", "containerd", "pvedaemon", "pvestatd",
        ]
        let text = String(decoding: words, as: UTF8.self)
        return known.contains { text.contains($0) }
    }

    private mutating func skipBlanks() { while byte() == 0x20 { place += 1 } }

    private mutating func decimal() -> Double? {
        let start = place
        while isDigit(byte()), place < start + 12 { place += 1 }
        guard place > start else { return nil }
        if byte() == UInt8(ascii: "."), isDigit(byte(1)) {
            place += 1
            while isDigit(byte()), place < start + 24 { place += 1 }
        } else {
            return nil
        }
        return Double(String(decoding: line[start..<place], as: UTF8.self))
    }

    private mutating func number(_ digits: ClosedRange<Int>) -> Int? {
        let start = place
        while isDigit(byte()), place - start < digits.upperBound { place += 1 }
        guard place - start >= digits.lowerBound else {
            place = start
            return nil
        }
        return Int(String(decoding: line[start..<place], as: UTF8.self))
    }

    /// `2026-11-26T10:52:59.123456+00:00`, `2026-11-26 10:52:59`, `Nov 26 10:52:59`, `Thu Nov 26 10:52:59 2026`.
    private mutating func date() -> Double? {
        let start = place
        if word(in: Self.days) != nil { while byte() == 0x20 || byte() == UInt8(ascii: ",") { place += 1 } }
        if let month = word(in: Self.months) {
            skipBlanks()
            guard let day = number(1...2) else { return giveUp(start) }
            skipBlanks()
            guard let time = clock() else { return giveUp(start) }
            var year = 0
            if byte() == 0x20, isDigit(byte(1)) {
                place += 1
                if let found = number(4...4), byte() == 0x20 || byte() == UInt8(ascii: "]") || byte() == 0 {
                    year = found
                } else {
                    return giveUp(start)
                }
            }
            return Self.seconds(year, month + 1, day) + time
        }
        guard let year = number(4...4), byte() == UInt8(ascii: "-") else { return giveUp(start) }
        place += 1
        guard let month = number(2...2), byte() == UInt8(ascii: "-") else { return giveUp(start) }
        place += 1
        guard let day = number(2...2), byte() == 0x20 || byte() == UInt8(ascii: "T") else { return giveUp(start) }
        place += 1
        guard let time = clock() else { return giveUp(start) }
        if byte() == UInt8(ascii: "Z") {
            place += 1
        } else if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-"), isDigit(byte(1)) {
            place += 1
            while isDigit(byte()) || byte() == 0x3A && isDigit(byte(1)) { place += 1 }
        }
        if byte() == 0x3A { place += 1 }
        return Self.seconds(year, month, day) + time
    }

    private mutating func giveUp(_ start: Int) -> Double? {
        place = start
        return nil
    }

    private mutating func word(in list: [String]) -> Int? {
        guard place + 3 <= line.count else { return nil }
        let three = line[place..<place + 3].map { $0 | 0x20 }
        guard let index = list.firstIndex(where: { $0.utf8.elementsEqual(three) }), byte(3) == 0x20 || byte(3) == 0x2C
        else { return nil }
        place += 3
        return index
    }

    private mutating func clock() -> Double? {
        guard let hour = number(2...2), byte() == 0x3A else { return nil }
        place += 1
        guard let minute = number(2...2), byte() == 0x3A else { return nil }
        place += 1
        guard let second = number(2...2) else { return nil }
        var fraction = 0.0
        if byte() == UInt8(ascii: ".") || byte() == UInt8(ascii: ","), isDigit(byte(1)) {
            place += 1
            let start = place
            while isDigit(byte()), place < start + 9 { place += 1 }
            fraction = Double("0." + String(decoding: line[start..<place], as: UTF8.self)) ?? 0
        }
        return Double(hour * 3600 + minute * 60 + second) + fraction
    }

    /// Days counted as if every month had 31: enough to tell how far two lines are apart.
    private static func seconds(_ year: Int, _ month: Int, _ day: Int) -> Double {
        Double((year * 12 + month) * 31 + day) * 86_400
    }
}
