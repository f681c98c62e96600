import CLinux

/// What this binary knows of handing over particular devices, as the text that contributors edit.
public enum RecipeData {
    /// The bytes of `Sources/CLinux/data/guest-recipes.uci`.
    public static var bytes: [UInt8] { clinux_guest_recipes().contents }
}
