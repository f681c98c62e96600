extension Int {
    /// An amount of bytes for people, in powers of 1024: `238.5 GiB`, `512 MiB`.
    public var binarySize: String {
        for (shift, unit) in [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")] where self >> shift > 0 {
            let tenths = (self >> (shift - 10)) * 10 / 1024
            return tenths % 10 == 0 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
        }
        return "\(self) B"
    }
}
