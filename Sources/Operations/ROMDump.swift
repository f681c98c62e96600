import Guests
import Inventory
import Machine
import SystemPackage
import Wording

/// `passthru rom dump`: the expansion ROM of a device, as a file.
public struct ROMDump: Sendable, Encodable {
    public let schema = "passthru/rom-dump/1"
    public var dryRun: Bool
    public var device: PCIAddress
    public var file: String
    /// What is done to the device while its ROM is read, in order; all of it is taken back.
    public var steps: [Text]
    public var warnings: [Text]
    /// What was read; null for a dry run.
    @Nullable public var rom: ROMVerdict?

    /// Whether a guest can use what was read.
    public var status: ExitStatus { rom?.isUsable == false ? .no : .ok }

    /// - Parameter force: whether a file that is there is written over.
    public static func run(
        _ machine: Machine,
        device name: String,
        file: String,
        force: Bool,
        dryRun: Bool
    ) throws(Failure) -> ROMDump {
        var host = Host.read(machine, [.pci])
        let found = try DeviceSelector(host).function(name)
        host.readDetails(of: [found], from: machine)
        let function = host.function(found.address) ?? found
        let reader = try ROMReader(function, machine)
        var dump = ROMDump(
            dryRun: dryRun,
            device: function.address,
            file: file,
            steps: reader.steps.map(\.text),
            warnings: warnings(function)
        )
        let place = file.hasPrefix("/") ? file : "./" + file
        guard force || !Machine.live.exists(place) else {
            throw Failure(
                .refused,
                Text(
                    en: "\(file) is there already: name another file, or add --force.",
                    zh: "\(file) 已经存在：请换一个文件名，或加上 --force。"
                )
            )
        }
        if dryRun { return dump }
        try Execution.requireWritable(machine)
        try refuseGuests(function, machine)
        let bytes = try reader.read()
        let verdict = ROMVerdict(bytes, for: function)
        dump.rom = verdict
        guard !verdict.images.isEmpty else {
            throw Failure(
                .no,
                Text(
                    en: "What came from \(function.address) is no ROM; nothing was written.",
                    zh: "从 \(function.address) 读到的不是 ROM；没有写入任何文件。"
                ),
                details: verdict.findings.map(\.text)
            )
        }
        do throws(Errno) {
            try Machine.live.tree.replace(place, with: bytes)
        } catch {
            throw Failure(
                .failed,
                Text(
                    en: "\(file) could not be written: \(error.description.lowercased()).",
                    zh: "无法写入 \(file)：\(Text(reason: error.description.lowercased()).zh)。"
                )
            )
        }
        return dump
    }

    private static func warnings(_ function: PCIFunction) -> [Text] {
        var warnings: [Text] = []
        if function.details?.bootVGA == true {
            warnings.append(
                Text(
                    en: """
                        This host showed its own start on \(function.address): what is read may be the copy in memory \
                        that the firmware has run and changed. Dump it while another card is the boot display.
                        """,
                    zh: """
                        本机启动时的画面显示在 \(function.address) 上：读到的可能是内存中已被固件运行并改动过的副本。\
                        请在其他显卡作为启动显示时转储。
                        """
                )
            )
        }
        if function.id == "14e4:168e" {
            warnings.append(
                Text(
                    en: "Guests that run the ROM of this card hang, so QEMU hides it: keep the file for other uses.",
                    zh: "运行这块网卡的 ROM 会使虚拟机卡死，因此 QEMU 会隐藏它：这个文件请勿交给虚拟机。"
                )
            )
        }
        return warnings
    }

    /// A guest that runs may be using the very decoder that reading the ROM takes.
    private static func refuseGuests(_ function: PCIFunction, _ machine: Machine) throws(Failure) {
        guard function.driver == "vfio-pci" else { return }
        let bdf = function.address.description
        let holders = HolderInventory.read(machine).holders
        guard let holder = holders.first(where: { $0.nodes.contains { $0.functions.contains(bdf) } }) else { return }
        throw Failure(
            .busy,
            Text(
                en: "\(holder.command) (process \(holder.pid)) is using \(function.address): stop that guest first.",
                zh: "\(function.address) 正由 \(holder.command)（进程 \(holder.pid)）使用：请先停止该虚拟机。"
            )
        )
    }
}
