import ArgumentParser
import Machine
import Operations
import Planning
import Wording

/// What hooks of libvirt and Proxmox call; its words are theirs.
struct HookCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "hook",
            abstract: help(
                "Hand over when a guest starts, take back when it has stopped; for hooks of libvirt and Proxmox.",
                "虚拟机启动时交出设备，停止后收回；供 libvirt 和 Proxmox 的钩子使用。"
            ),
            usage: "passthru hook libvirt GUEST OPERATION PART EXTRA\npassthru hook proxmox VMID PHASE"
        )
    }

    // A guest may be called like an option.
    @Argument(
        parsing: .captureForPassthrough,
        help: .text("libvirt or proxmox, and the words that it gives its hooks.", "libvirt 或 proxmox，以及它传给钩子的参数。")
    )
    var words: [String] = []

    func run() throws {
        switch words.first {
        case "libvirt" where words.count >= 4:
            // Its pipe is full otherwise, and what is printed would be taken for a guest's description.
            Machine.discardStandardInput(milliseconds: 2_000)
            try run(words[1], .libvirt, Hook.moment(libvirt: words[2], words[3]))
        case "proxmox" where words.count >= 3: try run(words[1], .proxmox, Hook.moment(proxmox: words[2]))
        default:
            throw Failure(
                .usage,
                Text(
                    en: "hook is called as `hook libvirt GUEST OPERATION PART EXTRA` or `hook proxmox VMID PHASE`.",
                    zh: "hook 的用法为 `hook libvirt GUEST OPERATION PART EXTRA` 或 `hook proxmox VMID PHASE`。"
                )
            )
        }
    }

    private func run(_ guest: String, _ manager: WantedState.HandOver.Manager, _ moment: Hook.Moment) throws {
        do {
            try Hook.run(.live, guest: guest, manager, moment)
        } catch {
            // One line: it is what libvirt shows as the reason, and what Proxmox writes to the task's log.
            let sentences = [error.message] + error.details
            let text = sentences.map { $0.string(in: Console.language) }.joined(separator: " ")
            Console.writeError("passthru: " + text.split(whereSeparator: \.isNewline).joined(separator: " "))
            throw error.status
        }
    }
}
