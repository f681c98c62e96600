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
        ("only a live machine shows it", "只有实际运行的机器才能看到"),
        ("not part of what was captured", "不在捕获的内容中"), ("not shown to this user", "不对当前用户显示"),
        ("no such block device", "没有该块设备"), ("a container shows its own processes only", "容器只显示自己的进程"),
        ("no amount of memory", "没有内存大小"), ("no number", "不是数字"), ("no PCI address", "没有 PCI 地址"),
        ("a device without an address", "有一个没有地址的设备"), ("a mapped device is not looked up", "未查找映射的设备"),
        ("a mediated device is not looked up", "未查找介导设备（mdev）"), ("nothing is mapped here", "本机没有该映射"),
        ("one of several mapped devices", "多个映射设备中的一个"), ("no USB device", "没有 USB 设备"),
        ("its guests are in a database while the container does not run", "容器未运行时，其虚拟机保存在数据库中"),
        ("control groups of version 2 do not show which devices they allow", "第 2 版控制组不显示允许哪些设备"),
        ("the container does not run", "容器没有运行"), ("no emulator found", "没有找到模拟器"),
        ("no libvirtd, virtqemud or virsh found", "没有找到 libvirtd、virtqemud 或 virsh"),
        ("no root among its mounts", "其挂载中没有根"), ("shown to root only", "只有 root 能看到"),
        ("reads as nothing but ones", "读到的全是 1"), ("no extended configuration space", "没有扩展配置空间"),
        ("the capability says no sizes", "该能力没有给出大小"), ("no pages of that size", "没有该大小的大页"),
        ("the kernel's log: ", "内核日志："), ("no link", "没有链路"),
        ("is still there: a guest has not let go of it", "仍然存在：虚拟机尚未释放该设备"),
        ("no huge pages of the guest's size", "没有该虚拟机所用大小的大页"), ("no <domain> in it", "其中没有 <domain>"),
        ("the kernel's files do not say which devices a ZFS pool uses", "内核文件没有说明 ZFS 存储池使用哪些设备"),
    ]
}
