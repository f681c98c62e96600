public import Formats
internal import Inventory
public import Wording

/// Why a domain's document is not edited. Nothing has changed then.
public struct DomainError: Error, Equatable, Sendable {
    public enum Reason: Equatable, Sendable {
        case malformed(XMLError)
        /// Another element than `<domain>`, by its name, or one of another namespace.
        case notADomain(String, namespace: String?)
        case noName
        /// The domain is another hypervisor's.
        case otherHypervisor(String)
        /// What is asked for cannot be written, in words.
        case invalid(Text)
        /// The domain has the device already, and not from this key.
        case alreadyThere(key: String)
        case addressTaken(GuestAddress)
        /// The first function of a slot is missing, so that the guest would find none.
        case noFirstFunction(GuestAddress)
        case noFreePlace
        /// Functions of one device belong on one slot, but what buses the machine has is unknown.
        case unknownBuses(machine: String?)
        case bootOrderTaken(Int)
        /// `<os>` says what is booted, which excludes an order of devices.
        case bootListPresent
        /// The board is another one, or the document does not say which.
        case machine(wanted: MachineFamily, found: String?)
        /// The firmware is another one, or the document does not say which.
        case firmware(wanted: GuestFirmware, found: GuestFirmware?)
        case noGraphics
        /// libvirt cannot find a USB device by its port.
        case usbPort(bus: Int, port: String)
        /// What is asked for is written differently for different versions of a program, and which one runs is unknown.
        case unknownVersion(String, feature: String)
        case tooOld(String, has: SoftwareVersion, needs: SoftwareVersion, feature: String)
        /// QEMU's device has no such property.
        case unknownProperty(String, model: String, qemu: SoftwareVersion?)
    }

    public var reason: Reason
    /// Where in the document the reason stands, from 1; nil if it stands nowhere.
    public var line: Int?

    public init(_ reason: Reason, line: Int? = nil) {
        self.reason = reason
        self.line = line
    }
}

extension DomainError {
    /// The sentence for a person.
    public var text: Text {
        switch reason {
        case .malformed(let error):
            Text(en: "This is no XML that can be read: \(error).", zh: "无法读取的 XML：\(error)。")
        case .notADomain(let name, let namespace?):
            Text(
                en: "<\(name)> is in the namespace \(namespace): libvirt would see no domain in it.",
                zh: "<\(name)> 属于命名空间 \(namespace)：libvirt 不会把它当作域。"
            )
        case .notADomain(let name, nil):
            Text(
                en: "The document is <\(name)>, not <domain>: give what virsh dumpxml --inactive prints.",
                zh: "文档的根元素是 <\(name)>，不是 <domain>：请提供 virsh dumpxml --inactive 的输出。"
            )
        case .noName: Text(en: "The domain has no name.", zh: "该域没有名称。")
        case .otherHypervisor(let type):
            Text(
                en: "The domain is of type \(type): only guests of QEMU (kvm, qemu) can have these devices.",
                zh: "该域的类型是 \(type)：只有 QEMU 虚拟机（kvm、qemu）能使用这些设备。"
            )
        case .invalid(let text): text
        case .alreadyThere(let key): alreadyThere(key)
        case .addressTaken(let address):
            Text(
                en:
                    "The guest's slot \(address.slotText) belongs to another device\(place.en): choose another address.",
                zh: "虚拟机的插槽 \(address.slotText) 已属于另一个设备\(place.zh)：请换一个地址。"
            )
        case .noFirstFunction(let address):
            Text(
                en: "Slot \(address.slotText) would have no function 0, and the guest would find no device there.",
                zh: "插槽 \(address.slotText) 会缺少功能 0，虚拟机将找不到那里的任何设备。"
            )
        case .noFreePlace: Text(en: "The guest's PCI bus has no free slot.", zh: "虚拟机的 PCI 总线没有空闲插槽。")
        case .unknownBuses(let machine):
            Text(
                en: "Functions of one device belong on one slot, but the buses of machine "
                    + "\(machine ?? "(not given)") are unknown: set <type machine='q35'> or 'pc'.",
                zh: "同一设备的各个功能应放在同一插槽上，但无法得知机型 \(machine ?? "（未指定）") 的总线："
                    + "请设置 <type machine='q35'> 或 'pc'。"
            )
        case .bootOrderTaken(let order):
            Text(
                en: "Boot order \(order) belongs to another device\(place.en).",
                zh: "启动顺序 \(order) 已属于另一个设备\(place.zh)。"
            )
        case .bootListPresent:
            Text(
                en: "<os> lists what is booted\(place.en), and libvirt takes no boot order of devices beside that: "
                    + "remove its <boot dev=…>, or give no boot order.",
                zh: "<os> 中已列出启动项\(place.zh)，libvirt 不允许同时为设备指定启动顺序："
                    + "请删除其中的 <boot dev=…>，或不指定启动顺序。"
            )
        default: versionText
        }
    }

    private func alreadyThere(_ key: String) -> Text {
        Text(
            en: "The domain has \(key) already\(place.en), and not from passthru: nothing is added.",
            zh: "该域中已有 \(key)\(place.zh)，且不是 passthru 添加的：未添加任何内容。"
        )
    }

    /// Of what depends on the guest, or on the programs that run it.
    private var versionText: Text {
        switch reason {
        case .machine(let wanted, let found?):
            Text(
                en: "The guest's machine is \(found), but its device works on \(wanted.rawValue) only: a guest cannot "
                    + "be moved to another machine, make a new one.",
                zh: "虚拟机的机型是 \(found)，而设备只能在 \(wanted.rawValue) 上工作：无法更换已有虚拟机的机型，请新建虚拟机。"
            )
        case .machine(let wanted, nil):
            Text(
                en: "The device works on \(wanted.rawValue) only, and the domain does not say which machine it is: "
                    + "define it first, then libvirt writes that down.",
                zh: "设备只能在 \(wanted.rawValue) 上工作，而该域没有写明机型：请先定义该域，libvirt 会写入机型。"
            )
        case .firmware(let wanted, let found?):
            Text(
                en: "The guest starts with \(found.name), but its device needs \(wanted.name).",
                zh: "虚拟机以 \(found.name) 启动，而设备需要 \(wanted.name)。"
            )
        case .firmware(let wanted, nil):
            Text(
                en: "The device needs \(wanted.name), and <os> does not say which firmware starts the guest: give "
                    + "<os firmware='\(wanted == .uefi ? "efi" : "bios")'>, or a <loader> with its type.",
                zh: "设备需要 \(wanted.name)，而 <os> 没有写明启动固件：请设置 "
                    + "<os firmware='\(wanted == .uefi ? "efi" : "bios")'>，或写明 <loader> 的类型。"
            )
        case .noGraphics:
            Text(
                en: "The guest has no <graphics> that could show the display of the mediated device.",
                zh: "虚拟机没有 <graphics>，无法显示中介设备的画面。"
            )
        case .usbPort(let bus, let port):
            Text(
                en: "libvirt cannot find a USB device by its port (\(bus)-\(port)): give vendor:product, its number "
                    + "(bus and device), or both for two equal devices.",
                zh: "libvirt 无法按端口（\(bus)-\(port)）查找 USB 设备：请使用 vendor:product、编号（总线和设备号），"
                    + "有两个相同设备时两者都给出。"
            )
        case .unknownVersion(let program, let feature):
            Text(
                en: "\(feature) is written differently for different versions of \(program), and which one runs the "
                    + "guest is unknown.",
                zh: "\(feature) 的写法取决于 \(program) 的版本，而无法得知运行该虚拟机的版本。"
            )
        case .tooOld(let program, let has, let needs, let feature):
            Text(
                en: "\(feature) needs \(program) \(needs) or newer, but this is \(has).",
                zh: "\(feature) 需要 \(program) \(needs) 或更新版本，而当前为 \(has)。"
            )
        case .unknownProperty(let name, let model, let qemu):
            Text(
                en:
                    "The device \(model) of this QEMU (\(qemu?.description ?? "version unknown")) has no property \(name).",
                zh: "当前 QEMU（\(qemu?.description ?? "版本未知")）的设备 \(model) 没有属性 \(name)。"
            )
        default: .empty
        }
    }

    /// Where in the document.
    private var place: Text {
        line.map { Text(en: " (line \($0))", zh: "（第 \($0) 行）") } ?? .empty
    }
}

extension GuestAddress {
    /// `00:02`.
    var slotText: String { "\(hex(bus, width: 2)):\(hex(slot, width: 2))" }
}

extension GuestFirmware {
    /// As people call it.
    var name: String {
        switch self {
        case .bios: "BIOS"
        case .uefi: "UEFI"
        }
    }
}
