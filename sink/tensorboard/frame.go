package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the CRC-32C of data as TFRecord files hold it: rotated, and with a constant added, since
// a CRC of what holds its own CRC tells little.
func masked(data []byte) uint32 {
	crc := crc32.Checksum(data, castagnoli)
	return (crc>>15 | crc<<17) + 0xa282ead8
}

// appendRecord appends a record of a TFRecord file: the length of data, 8 bytes, little-endian; the masked
// CRC of these; data; and its masked CRC.
func appendRecord(file, data []byte) []byte {
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	file = append(file, length...)
	file = binary.LittleEndian.AppendUint32(file, masked(length))
	file = append(file, data...)
	return binary.LittleEndian.AppendUint32(file, masked(data))
}
