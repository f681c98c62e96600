import Inventory
import Wording

/// Whether links run as fast and as wide as the device and its port can: contacts, risers and wrong slots show here.
public enum LinkQuality: Check {
    public static let id = "link"
    public static let title = Text(en: "Links at their best", zh: "链路达到最佳状态")
    public static let importance = Importance.advice

    private static func isMeant(_ function: PCIFunction) -> Bool {
        guard function.isCandidate, let link = function.details?.link else { return false }
        // The other functions of a device have its link, too.
        return function.address.function == 0 && link.maximumWidth != nil
    }

    public static func applies(to host: Host) -> Bool { host.functions.contains(where: isMeant) }

    public static func answer(_ host: Host) -> Finding.Answer {
        var count = 0
        let answer = DeviceAnswers.of(host, where: isMeant) { function in
            count += 1
            let folder = "\(PCIInventory.root)/\(function.address)"
            guard let link = function.details?.link, let width = link.width, let speed = link.speed,
                let most = link.maximumWidth
            else { return .unknown("\(folder)/current_link_width: no link") }
            let port = function.details?.parents?.last.flatMap { host.function($0)?.details?.link }
            let bestWidth = min(most, port?.maximumWidth ?? most)
            let fastest = rate(link.maximumSpeed)
            let bestRate = min(fastest, port.map { rate($0.maximumSpeed) } ?? fastest)
            // Graphics cards slow their link down while they have nothing to do.
            let isSlow = rate(speed) < bestRate && !function.class.isDisplay
            let seen = "\(speed) x\(width)"
            guard width < bestWidth || isSlow else { return .ok(function.says(seen)) }
            let best = "\(Double(bestRate) / 10) GT/s x\(bestWidth)"
            let problem = Finding.Answer.problem(
                function.says(Text(en: "\(seen), could be \(best)", zh: "\(seen)，最佳为 \(best)")),
                remedy: Text(
                    en: "For speed only: seat the card anew, try without a riser, or use a slot with more lanes.",
                    zh: "仅影响速度：请重新插好该卡，去掉转接线，或换用通道更多的插槽。"
                ),
                actor: .owner
            )
            return port?.maximumWidth == nil ? problem.likely : problem
        }
        guard answer.verdict == .ok else { return answer }
        return .ok(Text(en: "\(count) links are at their best", zh: "\(count) 条链路达到最佳状态"))
    }

    /// `8.0 GT/s PCIe` in tenths; 0 for what is no speed.
    private static func rate(_ speed: String?) -> Int {
        guard let number = speed?.split(separator: " ").first.flatMap({ Double($0) }), number < 10_000 else { return 0 }
        return Int(number * 10)
    }
}
