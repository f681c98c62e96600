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
