internal import Machine
internal import SystemPackage

extension DisplayInventory {
    /// Finds the firmware's frame buffer in `/proc/iomem` and the PCI function whose memory is around it.
    ///
    /// Names and their nesting are shown to everyone, addresses to root only.
    mutating func readBootFrameBuffers(_ machine: Machine) {
        let path = "/proc/iomem"
        var lines: [String] = []
        do throws(Errno) {
            // First which lines are wanted: a frame buffer's and those around it. Then those alone, so that a captured
            // host keeps no others.
            var finder = MemoryMapFinder()
            _ = try machine.lines(in: path) { line in
                finder.look(line)
                return false
            }
            guard !finder.wanted.isEmpty else { return }
            var number = -1
            lines = try machine.lines(in: path) { _ in
                number += 1
                return finder.wanted.contains(number)
            }
        } catch {
            unknown["bootFrameBuffers"] = Unreadable(error, path).reason
            return
        }
        var around: [(depth: Int, name: String)] = []
        for line in lines {
            guard let (depth, range, name) = MemoryMapFinder.parse(line.utf8[...]) else { continue }
            while let last = around.last, last.depth >= depth { around.removeLast() }
            if MemoryMapFinder.names.contains(name) {
                var buffer = BootFrameBuffer(name: name, functions: around.map(\.name).filter(Sysfs.isAddress))
                let ends = range.utf8.split(separator: UInt8(ascii: "-")).map { UInt64(Substring($0), radix: 16) }
                if ends.count == 2, let first = ends[0], let last = ends[1], last > 0 {
                    buffer.first = first
                    buffer.last = last
                } else {
                    buffer.unknown["first"] = "shown to root only: \(path)"
                    buffer.unknown["last"] = "shown to root only: \(path)"
                }
                bootFrameBuffers.append(buffer)
            }
            around.append((depth, name))
        }
    }
}

/// Picks the lines of `/proc/iomem` that lead to a frame buffer.
private struct MemoryMapFinder {
    static let names: Set<String> = ["BOOTFB", "efifb", "simplefb", "vesafb", "simple-framebuffer"]

    var wanted: Set<Int> = []
    private var number = 0
    private var around: [(depth: Int, number: Int)] = []

    mutating func look(_ line: ArraySlice<UInt8>) {
        defer { number += 1 }
        guard let (depth, _, name) = Self.parse(line) else { return }
        while let last = around.last, last.depth >= depth { around.removeLast() }
        around.append((depth, number))
        if Self.names.contains(name) { wanted.formUnion(around.map(\.number)) }
    }

    /// `  c0000000-cfffffff : 0000:00:02.0`: two blanks for each level.
    static func parse(_ line: some BidirectionalCollection<UInt8>) -> (depth: Int, range: String, name: String)? {
        let text = line.drop { $0 == 0x20 }
        let depth = line.distance(from: line.startIndex, to: text.startIndex)
        guard let end = text.firstIndex(of: 0x20) else { return nil }
        let name = text[end...].drop { $0 == 0x20 || $0 == UInt8(ascii: ":") }
        return (depth, String(decoding: text[..<end], as: UTF8.self), String(decoding: name, as: UTF8.self))
    }
}
