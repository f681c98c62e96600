#include "clinux.h"

#if __has_embed("tables/pci.names")
static const unsigned char pci_names[] = {
#embed "tables/pci.names"
};
clinux_table clinux_pci_names(void) { return (clinux_table){pci_names, sizeof pci_names}; }
#else
clinux_table clinux_pci_names(void) { return (clinux_table){0, 0}; }
#endif

#if __has_embed("tables/usb.names")
static const unsigned char usb_names[] = {
#embed "tables/usb.names"
};
clinux_table clinux_usb_names(void) { return (clinux_table){usb_names, sizeof usb_names}; }
#else
clinux_table clinux_usb_names(void) { return (clinux_table){0, 0}; }
#endif

static const unsigned char kernel_arguments[] = {
#embed "data/kernel-arguments.uci"
};
clinux_table clinux_kernel_arguments(void) { return (clinux_table){kernel_arguments, sizeof kernel_arguments}; }

static const unsigned char guest_recipes[] = {
#embed "data/guest-recipes.uci"
};
clinux_table clinux_guest_recipes(void) { return (clinux_table){guest_recipes, sizeof guest_recipes}; }

static const unsigned char bios_menus[] = {
#embed "data/bios-menus.uci"
};
clinux_table clinux_bios_menus(void) { return (clinux_table){bios_menus, sizeof bios_menus}; }

static const unsigned char hardware_facts[] = {
#embed "data/hardware-facts.uci"
};
clinux_table clinux_hardware_facts(void) { return (clinux_table){hardware_facts, sizeof hardware_facts}; }

static const unsigned char group_quirks[] = {
#embed "data/group-quirks.uci"
};
clinux_table clinux_group_quirks(void) { return (clinux_table){group_quirks, sizeof group_quirks}; }

// One file a component: data/messages. A new file is added here, twice.
static const unsigned char messages_kernel_iommu[] = {
#embed "data/messages/kernel-iommu.json"
};
static const unsigned char messages_vfio[] = {
#embed "data/messages/vfio.json"
};
static const unsigned char messages_pci[] = {
#embed "data/messages/pci.json"
};
static const unsigned char messages_kvm[] = {
#embed "data/messages/kvm.json"
};
static const unsigned char messages_qemu[] = {
#embed "data/messages/qemu.json"
};
static const unsigned char messages_libvirt[] = {
#embed "data/messages/libvirt.json"
};
static const unsigned char messages_usb[] = {
#embed "data/messages/usb.json"
};
static const unsigned char messages_proxmox[] = {
#embed "data/messages/proxmox.json"
};
static const unsigned char messages_containers[] = {
#embed "data/messages/containers.json"
};
static const unsigned char messages_drivers[] = {
#embed "data/messages/drivers.json"
};
static const unsigned char messages_host[] = {
#embed "data/messages/host.json"
};
static const unsigned char messages_questions[] = {
#embed "data/messages/questions.json"
};

clinux_table clinux_messages(int index) {
    static const clinux_table files[] = {
        {messages_kernel_iommu, sizeof messages_kernel_iommu},
        {messages_vfio, sizeof messages_vfio},
        {messages_pci, sizeof messages_pci},
        {messages_kvm, sizeof messages_kvm},
        {messages_qemu, sizeof messages_qemu},
        {messages_libvirt, sizeof messages_libvirt},
        {messages_usb, sizeof messages_usb},
        {messages_proxmox, sizeof messages_proxmox},
        {messages_containers, sizeof messages_containers},
        {messages_drivers, sizeof messages_drivers},
        {messages_host, sizeof messages_host},
        {messages_questions, sizeof messages_questions},
    };
    const int count = sizeof files / sizeof *files;
    return index >= 0 && index < count ? files[index] : (clinux_table){0, 0};
}
