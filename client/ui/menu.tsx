import { Menu, type MenuDropdownProps } from '@mantine/core';
import { FocusScope } from './focus.tsx';

/** What a menu shows. The first entry has the keyboard when the menu is there, what opened the menu when it is gone. */
export function MenuDropdown({ children, ...rest }: MenuDropdownProps) {
  return (
    <Menu.Dropdown {...rest}>
      <FocusScope />
      {children}
    </Menu.Dropdown>
  );
}
