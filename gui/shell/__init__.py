"""The window itself: pages, commands, keys, banners, tray."""
