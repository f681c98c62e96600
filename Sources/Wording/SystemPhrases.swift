extension Text {
    /// A reason that ends in the system's own words for an error, such as `/dev/kvm: permission denied`.
    public init(reason: String) {
        self.init(
            en: reason,
            zh: Self.systemPhrases.reduce(reason) { text, phrase in
                text.replacing(phrase.english, with: phrase.chinese)
            }
        )
    }

    /// What strerror(3) says in lower case, and what passthru says for want of an error.
    private static let systemPhrases: [(english: String, chinese: String)] = [
        ("no such file or directory", "没有该文件或目录"), ("no such file: ", "没有该文件："),
        ("no such file", "没有该文件"), ("permission denied", "权限不足"),
        ("operation not permitted", "不允许的操作"), ("not a directory", "不是目录"), ("is a directory", "是目录"),
        ("input/output error", "输入输出错误"), ("no such device", "没有该设备"),
        ("device or resource busy", "设备或资源忙"), ("invalid argument", "无效的参数"),
        ("read-only file system", "只读文件系统"), ("no space left on device", "设备上没有剩余空间"),
        ("connection timed out", "超时"), ("numerical result out of range", "数值超出范围"),
        ("too many levels of symbolic links", "符号链接层数过多"),
        ("too many symbolic links", "符号链接层数过多"), ("not read", "没有读取"), ("is empty", "是空的"),
    ]
}
