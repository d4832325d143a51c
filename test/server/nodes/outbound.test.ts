import { describe, expect, it } from 'vitest';
import { isAllowed, isPublicAddress } from '#server/nodes/outbound.ts';

describe('outbound addresses', () => {
  it.each(['8.8.8.8', '93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946', '64:ff9b::808:808'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '127.0.0.1',
    '127.255.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '240.0.0.1',
    '192.0.2.1',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'fd12::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::a00:1',
    '2002:7f00:1::',
    'nonsense',
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it('an entry allows one host and port, or a block of addresses', () => {
    expect(isAllowed(['crm.local:8080'], 'CRM.local', '8080', '10.0.0.1')).toBe(true);
    expect(isAllowed(['crm.local:8080'], 'crm.local', '80', '10.0.0.1')).toBe(false);
    expect(isAllowed(['10.0.0.1:80'], 'crm.local', '80', '10.0.0.1')).toBe(true);
    expect(isAllowed(['[::1]:80'], '::1', '80', '::1')).toBe(true);
    expect(isAllowed(['10.0.0.0/24'], 'crm.local', '80', '10.0.0.77')).toBe(true);
    expect(isAllowed(['10.0.0.0/24'], 'crm.local', '80', '::ffff:10.0.0.77')).toBe(true);
    expect(isAllowed(['10.0.0.0/24', 'fd00::/8', 'nonsense'], 'crm.local', '80', '10.0.1.1')).toBe(false);
    expect(isAllowed(['fd00::/8'], 'crm.local', '443', 'fd00::1')).toBe(true);
  });
});
