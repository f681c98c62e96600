internal import Formats

/// How passthru's own parts of a domain are told from the owner's, after libvirt has written the domain anew, too.
enum DomainMarks {
    /// libvirt keeps aliases that begin with `ua-` (since 3.9), and QEMU uses them as the ids of its devices
    /// (https://libvirt.org/formatdomain.html, "alias").
    static let alias = "ua-passthru-"
    /// The alias of the display that stands for those that were taken away.
    static let videoAlias = alias + "video"
    /// The start of the alias of a port that was added for functions of one slot.
    static let portAlias = alias + "port-"
    /// The namespace of QEMU's extensions in a domain (https://libvirt.org/drvqemu.html).
    static let qemu = "http://libvirt.org/schemas/domain/qemu/1.0"
    /// The namespace of what is kept in `<metadata>`.
    static let kept = "urn:passthru:kept:1"

    static let comments = XMLMarks(
        made: " made by passthru ",
        emptyTag: " was an empty tag before passthru ",
        empty: " was empty before passthru "
    )
    /// The comment in the place of a display beside the first.
    static let videoPlace = " a display is kept by passthru "
}

extension XMLElement {
    /// What `<alias>` in a device calls it.
    var alias: String? { child("alias")?["name"] }

    /// Which device of passthru's this one is, by its alias.
    var ownKey: String? {
        guard let alias, alias.utf8.starts(with: DomainMarks.alias.utf8), alias != DomainMarks.videoAlias,
            !alias.utf8.starts(with: DomainMarks.portAlias.utf8)
        else { return nil }
        return String(decoding: alias.utf8.dropFirst(DomainMarks.alias.utf8.count), as: UTF8.self)
    }
}
