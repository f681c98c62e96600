/// The lines of a manifest that stand for ACPI tables (VT-d specification, chapter 8; AMD I/O Virtualization
/// specification, chapter 5).
///
///     dmar WIDTH FLAGS                    hexadecimal flags: 1 interrupt remapping, 2 x2APIC opt-out, 4 DMA opt-in
///     drhd BASE FLAGS [BB:DD.F]…          flags 1: INCLUDE_PCI_ALL
///     rmrr FIRST LAST BB:DD.F…
///     ivrs FLAGS
///     ivhd BASE BDF
///     ivmd FIRST LENGTH BDF
struct FirmwareLines {
    private var dmar: (width: UInt8, flags: UInt8)?
    private var ivrs: UInt32?
    private var blocks: [[UInt8]] = []

    mutating func read(_ words: [String]) -> Bool {
        let numbers = words.dropFirst().map { UInt64($0, radix: 16) }
        switch words[0] {
        case "dmar" where words.count == 3:
            guard let width = UInt8(words[1]), let flags = numbers[1] else { return false }
            dmar = (width, UInt8(flags))
            blocks = []
        case "drhd" where words.count >= 3:
            guard let base = numbers[0], let flags = numbers[1] else { return false }
            let scopes = words.dropFirst(3).flatMap(Self.scope)
            append16(0, [UInt8(flags), 0, 0, 0] + Self.little(base, 8) + scopes)
        case "rmrr" where words.count >= 4:
            guard let first = numbers[0], let last = numbers[1] else { return false }
            let scopes = words.dropFirst(3).flatMap(Self.scope)
            append16(1, [0, 0, 0, 0] + Self.little(first, 8) + Self.little(last, 8) + scopes)
        case "ivrs" where words.count == 2:
            guard let flags = numbers[0] else { return false }
            ivrs = UInt32(flags)
            blocks = []
        case "ivhd" where words.count == 3 || words.count == 4:
            guard let base = numbers[0], let id = Self.deviceID(words[2]) else { return false }
            // Type 10h: capability offset, base, segment, info, features; then one entry "all devices".
            let body =
                Self.little(UInt64(id), 2) + Self.little(0x40, 2) + Self.little(base, 8) + [0, 0, 0, 0, 0, 0, 0, 0]
            // A fourth word: the address that the interrupts of I/O APIC 4 bear (type 72, variety 1).
            let controller = words.count == 4 ? Self.deviceID(words[3]) : nil
            let special = controller.map { [72, 0, 0, 0, 4] + Self.little(UInt64($0), 2) + [1] } ?? []
            append8(0x10, 0xB0, body + [1, 0, 0, 0] + special)
        case "ivmd" where words.count == 4:
            guard let first = numbers[0], let length = numbers[1], let id = Self.deviceID(words[3]) else {
                return false
            }
            let body = Self.little(UInt64(id), 2) + [0, 0] + [UInt8](repeating: 0, count: 8)
            append8(0x21, 0x01, body + Self.little(first, 8) + Self.little(length, 8))
        default: return false
        }
        return true
    }

    private mutating func append16(_ type: UInt16, _ body: [UInt8]) {
        blocks.append(Self.little(UInt64(type), 2) + Self.little(UInt64(body.count + 4), 2) + body)
    }

    private mutating func append8(_ type: UInt8, _ flags: UInt8, _ body: [UInt8]) {
        blocks.append([type, flags] + Self.little(UInt64(body.count + 4), 2) + body)
    }

    private static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    private static func parts(_ bdf: String) -> [UInt8]? {
        let parts = bdf.split { ":.".contains($0) }.compactMap { UInt8($0, radix: 16) }
        return parts.count == 3 ? parts : nil
    }

    private static func deviceID(_ bdf: String) -> UInt16? {
        parts(bdf).map { UInt16($0[0]) << 8 | UInt16($0[1]) << 3 | UInt16($0[2]) }
    }

    /// A device scope entry for an endpoint.
    private static func scope(_ bdf: String) -> [UInt8] {
        guard let parts = parts(bdf) else { return [] }
        return [1, 8, 0, 0, 0, parts[0], parts[1], parts[2]]
    }

    private static func table(_ signature: String, revision: UInt8, _ body: [UInt8]) -> [UInt8] {
        var bytes = Array(signature.utf8) + little(UInt64(36 + body.count), 4) + [revision, 0]
        bytes += Array("ALASKA".utf8) + Array("A M I   ".utf8) + little(1, 4) + Array("INTL".utf8) + little(1, 4) + body
        bytes[9] = 0 &- bytes.reduce(0, &+)
        return bytes
    }

    func write(into host: inout TestHost) {
        let root = "/sys/firmware/acpi/tables"
        if let dmar {
            let head = [dmar.width - 1, dmar.flags] + [UInt8](repeating: 0, count: 10)
            host.file(
                "\(root)/DMAR",
                bytes: Self.table("DMAR", revision: 1, head + blocks.flatMap(\.self)),
                mode: 0o400
            )
        } else if let ivrs {
            let head = Self.little(UInt64(ivrs), 4) + [UInt8](repeating: 0, count: 8)
            host.file(
                "\(root)/IVRS",
                bytes: Self.table("IVRS", revision: 2, head + blocks.flatMap(\.self)),
                mode: 0o400
            )
        }
    }
}
