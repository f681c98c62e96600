import Guests
import Inventory
import Operations
import Wording

/// What is in a ROM, a line an image, and what there is to say of it.
struct ROMView {
    let verdict: ROMVerdict

    func lines(in language: Language) -> [String] {
        var table = Table()
        for image in verdict.images {
            table.add(
                Text(en: "byte \(image.offset)", zh: "字节 \(image.offset)").string(in: language),
                Text(en: "\(image.length) bytes", zh: "\(image.length) 字节").string(in: language),
                kind(image),
                ids(image).string(in: language)
            )
        }
        let findings = verdict.findings.map { finding in
            mark(finding.level).string(in: language) + finding.text.string(in: language)
        }
        let end =
            verdict.isUsable
            ? Text(en: "A guest can use it.", zh: "虚拟机可以使用它。")
            : Text(en: "A guest cannot use it.", zh: "虚拟机不能使用它。")
        return table.lines + findings + [end.string(in: language)]
    }

    private func kind(_ image: ROMImage) -> String {
        switch (image.kind, image.machine) {
        case ("bios", _): "BIOS"
        case ("efi", let machine?): "UEFI " + machine
        case ("efi", nil): "UEFI"
        case (let other, _): other
        }
    }

    private func ids(_ image: ROMImage) -> Text {
        let id = Text(verbatim: "\(image.vendor):\(image.device)")
        guard !image.otherDevices.isEmpty else { return id }
        let count = image.otherDevices.count
        return id + Text(en: " and \(count) more devices", zh: " 及另外 \(count) 种设备")
    }

    private func mark(_ level: ROMVerdict.Level) -> Text {
        switch level {
        case .problem: Text(en: "Problem: ", zh: "问题：")
        case .warning: Text(en: "Warning: ", zh: "警告：")
        case .note: .empty
        }
    }
}

/// What was read from a device, or would be done for that.
struct ROMDumpView {
    let dump: ROMDump

    func lines(in language: Language) -> [String] {
        let mark = Text(en: "Warning: ", zh: "警告：")
        var lines = dump.warnings.map { (mark + $0).string(in: language) }
        guard let rom = dump.rom else {
            lines += dump.steps.map { "  " + $0.string(in: language) }
            lines.append(
                Text(
                    en: "Then all of it is switched back, last first, and \(dump.file) written.",
                    zh: "然后按相反顺序全部恢复，并写入 \(dump.file)。"
                ).string(in: language)
            )
            return lines
        }
        lines.append(
            Text(en: "\(dump.file): \(rom.size) bytes", zh: "\(dump.file)：\(rom.size) 字节").string(in: language)
        )
        return lines + ROMView(verdict: rom).lines(in: language)
    }
}
