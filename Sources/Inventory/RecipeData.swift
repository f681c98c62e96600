import CLinux

/// What this binary knows of handing over particular devices, as the text that contributors edit.
public enum RecipeData {
    /// The bytes of `Sources/CLinux/data/guest-recipes.uci`.
    public static var bytes: [UInt8] {
        let table = clinux_guest_recipes()
        return Array(UnsafeRawBufferPointer(start: table.bytes, count: table.length))
    }
}
