// syscalls DIR: the bare system calls that listing PCI functions cannot do without, one read and two readlinks a
// function: ids from `uevent`, the driver, the IOMMU group. Nothing is parsed, sorted, named or printed.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char path[4096], bytes[4096];
    snprintf(path, sizeof path, "%s/sys/bus/pci/devices", argc > 1 ? argv[1] : "");
    DIR *devices = opendir(path);
    if (!devices) {
        perror(path);
        return 66;
    }
    const char *folder = argc > 1 ? argv[1] : "";
    long total = 0;
    for (struct dirent *entry; (entry = readdir(devices));) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/sys/bus/pci/devices/%s/uevent", folder, entry->d_name);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        total += read(file, bytes, sizeof bytes);
        close(file);
        snprintf(path, sizeof path, "%s/sys/bus/pci/devices/%s/driver", folder, entry->d_name);
        total += readlink(path, bytes, sizeof bytes);
        snprintf(path, sizeof path, "%s/sys/bus/pci/devices/%s/iommu_group", folder, entry->d_name);
        total += readlink(path, bytes, sizeof bytes);
    }
    closedir(devices);
    return total > 0 ? 0 : 1;
}
