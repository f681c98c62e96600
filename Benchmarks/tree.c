// tree COUNT DIR [PCI.IDS]: writes a machine's root with COUNT PCI functions into the new folder DIR, laid out as the
// kernel lays out /sys, so that `passthru --host DIR` and `lspci -A linux-sysfs -O sysfs.path=DIR/sys/bus/pci` read
// the same files. The ids are spread evenly over PCI.IDS: both programs have to look up names from all over the list.
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FUNCTIONS_PER_SLOT = 4, SLOTS_PER_BUS = 32, BUSES_PER_DOMAIN = 8 };

struct kind {
    uint32_t class;
    const char *driver;
};

// What machines are made of; a root port comes in by itself with every bus.
static const struct kind kinds[] = {
    {0x020000, "igb"},  {0x010802, "nvme"},          {0x0c0330, "xhci_hcd"}, {0x030000, "amdgpu"},
    {0x020000, "ixgbe"}, {0x040300, "snd_hda_intel"}, {0x020000, "iavf"},     {0x010601, "ahci"},
    {0x020000, "e1000e"}, {0x0c0500, "i801_smbus"},   {0x118000, NULL},       {0x020000, "vfio-pci"},
};

static struct { uint16_t vendor, device; } *ids;
static size_t id_count;

static void fail(const char *what) {
    fprintf(stderr, "tree: %s: %s\n", what, strerror(errno));
    exit(74);
}

// A path, valid until this was called eight times more.
__attribute__((format(printf, 1, 2))) static const char *at(const char *format, ...) {
    static char paths[8][4096];
    static unsigned next;
    char *path = paths[next++ % 8];
    va_list list;
    va_start(list, format);
    vsnprintf(path, sizeof paths[0], format, list);
    va_end(list);
    return path;
}

// Makes the folder `name` and those above it.
static void folder(const char *name) {
    char part[4096];
    snprintf(part, sizeof part, "%s", name);
    for (char *slash = part + 1; *slash; slash++) {
        if (*slash != '/') continue;
        *slash = 0;
        mkdir(part, 0755);
        *slash = '/';
    }
    if (mkdir(part, 0755) && errno != EEXIST) fail(part);
}

static void put(const char *name, const void *bytes, size_t length) {
    FILE *file = fopen(name, "w");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file)) fail(name);
}

__attribute__((format(printf, 3, 4))) static void text(const char *dir, const char *name, const char *format, ...) {
    char value[4096];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(value, sizeof value, format, list);
    va_end(list);
    put(at("%s/%s", dir, name), value, (size_t)length);
}

static void point(const char *dir, const char *name, const char *target) {
    const char *link = at("%s/%s", dir, name);
    if (symlink(target, link)) fail(link);
}

static void read_ids(const char *name) {
    FILE *file = fopen(name, "r");
    if (!file) fail(name);
    char line[1024];
    unsigned vendor = 0, device;
    size_t capacity = 0;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == 'C' && line[1] == ' ') break;
        if (line[0] == '\t' && sscanf(line, "\t%4x  ", &device) == 1 && line[1] != '\t') {
            if (id_count == capacity) {
                capacity = capacity ? capacity * 2 : 4096;
                ids = realloc(ids, capacity * sizeof *ids);
                if (!ids) fail("memory");
            }
            ids[id_count].vendor = (uint16_t)vendor;
            ids[id_count++].device = (uint16_t)device;
        } else if (strspn(line, "0123456789abcdef") == 4) {
            vendor = (unsigned)strtoul(line, NULL, 16);
        }
    }
    fclose(file);
}

// Up the tree from a folder below /sys/devices at `depth` components below /sys, then to `rest`.
static const char *up(int depth, const char *rest) {
    static char link[256];
    link[0] = 0;
    while (depth--) strcat(link, "../");
    return strcat(link, rest);
}

struct function {
    unsigned domain, bus, slot, function, number;
    uint32_t class;
    const char *driver;
    bool bridge;
};

// One function: its folder at `where` below /sys/devices, its links, its IOMMU group.
static void write_function(const char *root, const char *where, int depth, const struct function *f) {
    char dir[1024], bdf[32], target[512];
    snprintf(bdf, sizeof bdf, "%04x:%02x:%02x.%x", f->domain, f->bus, f->slot, f->function);
    snprintf(dir, sizeof dir, "%s/sys/devices/%s/%s", root, where, bdf);
    folder(dir);
    size_t pick = id_count > 1 ? (size_t)f->number * 37 % id_count : 0;
    unsigned vendor = f->bridge ? 0x8086 : ids[pick].vendor, device = f->bridge ? 0x3420 : ids[pick].device;
    unsigned subvendor = f->bridge ? 0 : 0x1028, subdevice = f->bridge ? 0 : 0x1000 + f->number % 0x1000;
    if (f->driver) text(dir, "uevent", "DRIVER=%s\n", f->driver);
    FILE *uevent = fopen(at("%s/uevent", dir), "a");
    if (!uevent) fail(dir);
    fprintf(uevent, "PCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:%04X\nPCI_SLOT_NAME=%s\n", f->class, vendor,
            device, subvendor, subdevice, bdf);
    fprintf(uevent, "MODALIAS=pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n", vendor, device, subvendor, subdevice,
            f->class >> 16, f->class >> 8 & 0xff, f->class & 0xff);
    fclose(uevent);
    text(dir, "vendor", "0x%04x\n", vendor);
    text(dir, "device", "0x%04x\n", device);
    text(dir, "subsystem_vendor", "0x%04x\n", subvendor);
    text(dir, "subsystem_device", "0x%04x\n", subdevice);
    text(dir, "class", "0x%06x\n", f->class);
    text(dir, "revision", "0x01\n");
    text(dir, "irq", "%u\n", 16 + f->number % 200);
    text(dir, "modalias", "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n", vendor, device, subvendor, subdevice,
         f->class >> 16, f->class >> 8 & 0xff, f->class & 0xff);
    char resource[13 * 57 + 1] = "";
    for (int i = 0; i < 13; i++) {
        unsigned long long start = i ? 0 : 0xf0000000ULL + f->number * 0x4000ULL;
        snprintf(resource + i * 57, 58, "0x%016llx 0x%016llx 0x%016x\n", start, start ? start + 0x3fff : 0,
                 start ? 0x40200 : 0);
    }
    text(dir, "resource", "%s", resource);
    uint8_t config[256] = {
        (uint8_t)vendor, (uint8_t)(vendor >> 8), (uint8_t)device, (uint8_t)(device >> 8), 6, 4, 0x10, 0, 1,
        (uint8_t)f->class, (uint8_t)(f->class >> 8), (uint8_t)(f->class >> 16), 16, 0, f->bridge, 0,
    };
    if (!f->bridge) {
        config[0x2c] = (uint8_t)subvendor;
        config[0x2d] = (uint8_t)(subvendor >> 8);
        config[0x2e] = (uint8_t)subdevice;
        config[0x2f] = (uint8_t)(subdevice >> 8);
    }
    put(at("%s/config", dir), config, sizeof config);
    point(dir, "subsystem", up(depth, "bus/pci"));
    if (f->driver) {
        folder(at("%s/sys/bus/pci/drivers/%s", root, f->driver));
        snprintf(target, sizeof target, "bus/pci/drivers/%s", f->driver);
        point(dir, "driver", up(depth, target));
    }
    snprintf(target, sizeof target, "kernel/iommu_groups/%u", f->number);
    point(dir, "iommu_group", up(depth, target));
    snprintf(target, sizeof target, "../../../devices/%s/%s", where, bdf);
    point(at("%s/sys/bus/pci/devices", root), bdf, target);
    // The tree of groups: a group of its own each, as behind root ports with ACS.
    char group[512];
    snprintf(group, sizeof group, "%s/sys/kernel/iommu_groups/%u", root, f->number);
    folder(at("%s/devices", group));
    text(group, "type", "DMA-FQ\n");
    text(group, "reserved_regions", "0x00000000fee00000 0x00000000feefffff msi\n");
    snprintf(target, sizeof target, "../../../../devices/%s/%s", where, bdf);
    point(at("%s/devices", group), bdf, target);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: tree COUNT DIR [PCI.IDS]\n");
        return 64;
    }
    unsigned count = (unsigned)strtoul(argv[1], NULL, 10);
    const char *root = argv[2];
    read_ids(argc > 3 ? argv[3] : "/usr/share/misc/pci.ids");
    if (!id_count) {
        fprintf(stderr, "tree: no ids in the list\n");
        return 65;
    }
    folder(at("%s/sys/bus/pci/devices", root));
    folder(at("%s/sys/class/iommu/dmar0", root));
    folder(at("%s/sys/class/net", root));
    unsigned bus = 0, domain = 0;
    for (unsigned number = 0; number < count;) {
        // A root port on bus 0, and behind it one bus full of functions.
        if (++bus > BUSES_PER_DOMAIN) {
            bus = 1;
            domain++;
        }
        char complex[32], port[64];
        snprintf(complex, sizeof complex, "pci%04x:00", domain);
        struct function f = {.domain = domain, .slot = bus, .number = number++, .class = 0x060400, .bridge = true,
                             .driver = "pcieport"};
        write_function(root, complex, 3, &f);
        snprintf(port, sizeof port, "%s/%04x:00:%02x.0", complex, domain, bus);
        for (unsigned i = 0; i < SLOTS_PER_BUS * FUNCTIONS_PER_SLOT && number < count; i++, number++) {
            const struct kind *kind = &kinds[number % (sizeof kinds / sizeof *kinds)];
            struct function g = {.domain = domain, .bus = bus, .slot = i / FUNCTIONS_PER_SLOT,
                                 .function = i % FUNCTIONS_PER_SLOT, .number = number, .class = kind->class,
                                 .driver = kind->driver};
            write_function(root, port, 4, &g);
        }
    }
    return 0;
}
