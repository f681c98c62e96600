import Inventory
import Machine
import SystemPackage
import Wording

/// Reads a ROM through sysfs in the order that leaves the device as it was (Linux Documentation/PCI/sysfs-pci.rst and
/// drivers/pci/rom.c): awake, switched on, read, and everything back.
///
/// The kernel turns the ROM's decoder on for each single read(2) only. What is switched before is put back by processes of
/// its own should this one be killed.
struct ROMReader {
    /// Something to switch for the time of the reading.
    struct Step {
        /// In the function's folder.
        var attribute: String
        var value: String
        /// What is written afterwards, with its line end: without one the kernel takes `0` for yes (pci_write_rom).
        var after: String
        var text: Text
    }

    let function: PCIFunction
    let machine: Machine
    var steps: [Step] = []

    private static let limit = 32 << 20
    /// A ROM is read a byte or four at a time, over the slowest way that a card has.
    private static let patience = 120_000

    init(_ function: PCIFunction, _ machine: Machine) throws(Failure) {
        self.function = function
        self.machine = machine
        try refuse()
        if control == "auto" {
            steps.append(
                Step(
                    attribute: "power/control",
                    value: "on",
                    after: "auto\n",
                    text: Text(
                        en: "Keep \(function.address) awake (power/control).",
                        zh: "让 \(function.address) 保持唤醒（power/control）。"
                    )
                )
            )
        }
        if function.driver == nil, function.details?.enabled == false {
            steps.append(
                Step(
                    attribute: "enable",
                    value: "1",
                    after: "0\n",
                    text: Text(en: "Enable \(function.address).", zh: "启用 \(function.address)。")
                )
            )
        }
        steps.append(
            Step(
                attribute: "rom",
                value: "1",
                after: "0\n",
                text: Text(
                    en: "Let the ROM of \(function.address) be read, and read it.",
                    zh: "允许读取 \(function.address) 的 ROM，并读取。"
                )
            )
        )
    }

    private var folder: String { "\(PCIInventory.root)/\(function.address)" }
    private var control: String? { machine.textIfAny(folder + "/power/control") }

    private func refuse() throws(Failure) {
        let address = function.address
        if let physical = function.details?.physicalFunction {
            throw Failure(
                .no,
                Text(
                    en: "\(address) is a virtual function and has no ROM; that of \(physical) serves its host.",
                    zh: "\(address) 是虚拟功能，没有 ROM；\(physical) 的 ROM 属于它的物理功能。"
                )
            )
        }
        guard function.details?.rom == true else {
            throw Failure(
                .no,
                Text(
                    en: "\(address) has no expansion ROM that the kernel could read.",
                    zh: "\(address) 没有内核能读取的扩展 ROM。"
                )
            )
        }
        if let driver = function.driver, driver != "vfio-pci" {
            throw Failure(
                .refused,
                Text(
                    en: """
                        \(driver) is using \(address): on some cards reading the ROM takes the registers away from it. \
                        Take the device from it first: passthru assign --once \(address)
                        """,
                    zh: """
                        \(driver) 正在使用 \(address)：在某些卡上读取 ROM 会使驱动无法访问寄存器。\
                        请先从驱动手中拿走它：passthru assign --once \(address)
                        """
                ),
                guardName: "driver-in-use"
            )
        }
    }

    /// Everything that the kernel finds in the ROM.
    func read() throws(Failure) -> [UInt8] {
        var toPutBack: [(step: Step, write: any PreparedWrite)] = []
        let result: Result<[UInt8], Failure>
        do throws(Failure) {
            for step in steps {
                toPutBack.append((step, try prepare(step)))
                try take(step)
            }
            result = .success(try contents())
        } catch {
            result = .failure(error)
        }
        var left: [Text] = []
        for (step, write) in toPutBack.reversed() {
            do throws(Errno) {
                try write.make(milliseconds: 5_000)
            } catch {
                left.append(Text(verbatim: "\(folder)/\(step.attribute): \(step.after.dropLast())"))
            }
        }
        guard left.isEmpty else {
            throw Failure(
                .incomplete,
                Text(
                    en: "Not everything could be switched back; write these yourself:",
                    zh: "未能全部恢复，请自行写入："
                ),
                details: left
            )
        }
        return try result.get()
    }

    private func prepare(_ step: Step) throws(Failure) -> any PreparedWrite {
        do throws(Errno) {
            return try machine.tree.prepareWrite("\(folder)/\(step.attribute)", bytes: Array(step.after.utf8))
        } catch {
            throw failure(step.attribute, error)
        }
    }

    private func take(_ step: Step) throws(Failure) {
        do throws(Errno) {
            try machine.tree.write("\(folder)/\(step.attribute)", bytes: Array(step.value.utf8), milliseconds: 5_000)
        } catch {
            throw failure(step.attribute, error)
        }
        if step.attribute == "power/control" { try awaitWaking() }
    }

    /// Waking is begun by the write and may take a moment.
    private func awaitWaking() throws(Failure) {
        for _ in 0..<20 where isAsleep { machine.pause(milliseconds: 100) }
        guard isAsleep else { return }
        throw asleep
    }

    private var isAsleep: Bool {
        // Before Linux 5.12 there is no power_state.
        guard let state = machine.textIfAny(folder + "/power_state") else { return false }
        return state != "D0" && state != "unknown"
    }

    private var asleep: Failure {
        Failure(
            .failed,
            Text(
                en: """
                    \(function.address) sleeps and does not wake, so its ROM cannot be read. Where vfio-pci put it to \
                    sleep, the option disable_idle_d3=1 of that module keeps it awake.
                    """,
                zh: """
                    \(function.address) 处于休眠且无法唤醒，因此不能读取它的 ROM。\
                    如果是 vfio-pci 使它休眠，可用该模块的选项 disable_idle_d3=1 保持唤醒。
                    """
            )
        )
    }

    private func contents() throws(Failure) -> [UInt8] {
        if isAsleep { throw asleep }
        do throws(Errno) {
            return try machine.readWithDeadline(
                folder + "/rom",
                limit: Self.limit,
                milliseconds: Self.patience
            )
        } catch  where error == .ioError {
            throw Failure(
                .no,
                Text(
                    en: """
                        The kernel finds no ROM in \(function.address): it is broken or empty, or has no address \
                        (dmesg says which). Nothing was written.
                        """,
                    zh: """
                        内核在 \(function.address) 中找不到 ROM：它已损坏、为空，或没有分配到地址（见 dmesg）。\
                        没有写入任何文件。
                        """
                )
            )
        } catch {
            throw failure("rom", error)
        }
    }

    private func failure(_ attribute: String, _ error: Errno) -> Failure {
        Failure(
            .failed,
            Text(
                en: "\(folder)/\(attribute): \(error.description.lowercased()).",
                zh: "\(folder)/\(attribute) 出错：\(Text(reason: error.description.lowercased()).zh)。"
            )
        )
    }
}
