import Guests
import Inventory
import Machine
import SystemPackage
import Wording

/// `passthru rom check`: what an expansion ROM is good for.
public struct ROMCheck: Sendable, Encodable {
    public let schema = "passthru/rom-check/1"
    public var file: String
    /// The device that the ROM was held against; null when none was named.
    @Nullable public var device: PCIAddress?
    public var rom: ROMVerdict

    /// Whether a guest can use it.
    public var status: ExitStatus { rom.isUsable ? .ok : .no }

    /// More than any board's flash chip has.
    private static let limit = 64 << 20

    /// - Parameters:
    ///   - file: as the shell finds it, `-` for standard input.
    ///   - device: nil to leave out whether the ROM is for the right one.
    public static func run(
        _ machine: Machine,
        file: String,
        device: String?,
        firmware: GuestFirmware?
    ) throws(Failure) -> ROMCheck {
        let function: PCIFunction?
        if let device {
            function = try DeviceSelector(Host.read(machine, [.pci])).function(device)
        } else {
            function = nil
        }
        let bytes = try contents(of: file)
        return ROMCheck(
            file: file,
            device: function?.address,
            rom: ROMVerdict(bytes, for: function, firmware: firmware)
        )
    }

    /// All bytes of a file that a person named as a ROM.
    static func contents(of file: String, on machine: Machine? = nil) throws(Failure) -> [UInt8] {
        let bytes: [UInt8]
        do throws(Errno) {
            if let machine {
                bytes = try machine.read(file, limit: limit + 1)
            } else {
                bytes = try Machine.named(file, limit: limit + 1)
            }
        } catch {
            throw Failure(
                error == .noSuchFileOrDirectory || error == .notDirectory ? .notFound : .failed,
                Text(
                    en: "\(file) cannot be read: \(error.description.lowercased()).",
                    zh: "无法读取 \(file)：\(Text(reason: error.description.lowercased()).zh)。"
                )
            )
        }
        guard bytes.count <= limit else {
            throw Failure(
                .malformed,
                Text(
                    en: "\(file) is larger than \(limit >> 20) MiB: no expansion ROM is, nor the firmware of a board.",
                    zh: "\(file) 大于 \(limit >> 20) MiB：扩展 ROM 和主板固件都没有这么大。"
                )
            )
        }
        return bytes
    }
}
