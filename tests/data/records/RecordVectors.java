// Writes batches.txt: see README.md. Each case is built again, with the same content, by
// tests/unit/records/vectors_test.cc.
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.LeaderChangeMessage.Voter;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.*;

public class RecordVectors {
    static void print(String name, MemoryRecords records) {
        ByteBuffer buffer = records.buffer().duplicate();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        System.out.println(name + " " + HexFormat.of().formatHex(bytes));
    }

    static byte[] text(String value) {
        return value == null ? null : value.getBytes(StandardCharsets.UTF_8);
    }

    static MemoryRecordsBuilder builder(long baseOffset, TimestampType type, long logAppendTime, long producerId,
                                        short epoch, int sequence, boolean transactional, int leaderEpoch) {
        return MemoryRecords.builder(ByteBuffer.allocate(1024), RecordBatch.MAGIC_VALUE_V2, Compression.NONE, type,
                baseOffset, logAppendTime, producerId, epoch, sequence, transactional, leaderEpoch);
    }

    static MemoryRecordsBuilder plain() {
        return builder(0, TimestampType.CREATE_TIME, -1, -1, (short) -1, -1, false, -1);
    }

    public static void main(String[] args) {
        MemoryRecordsBuilder b = plain();
        b.append(1700000000000L, text("key"), text("value"));
        print("one-record", b.build());

        b = plain();
        b.append(1700000000000L, null, text("no key"));
        b.append(1700000000001L, text("tombstone"), (byte[]) null);
        b.append(1700000000002L, text(""), text(""));
        print("nulls", b.build());

        b = plain();
        b.append(1700000000000L, text("k"), text("v"), new Header[] {new RecordHeader("trace", text("abc")),
            new RecordHeader("null", (byte[]) null), new RecordHeader("", text(""))});
        print("headers", b.build());

        b = plain();
        b.append(1700000000500L, null, text("later"));
        b.append(1700000000000L, null, text("earlier"));
        b.append(1700000100000L, null, text("much later"));
        print("timestamps", b.build());

        b = plain();
        b.append(-1L, null, text("no timestamp"));
        print("no-timestamp", b.build());

        b = builder(42, TimestampType.CREATE_TIME, -1, 9000, (short) 3, 17, false, 5);
        b.append(1700000000000L, text("a"), text("1"));
        b.append(1700000000010L, text("b"), text("2"));
        print("idempotent", b.build());

        b = builder(0, TimestampType.CREATE_TIME, -1, 4611686018427387904L, (short) 32767, 2147483646, true, -1);
        b.append(1700000000000L, text("a"), text("1"));
        b.append(1700000000010L, text("b"), text("2"));
        b.append(1700000000020L, text("c"), text("3"));
        print("sequence-wrap", b.build());

        b = builder(7, TimestampType.LOG_APPEND_TIME, 1700000009999L, -1, (short) -1, -1, false, 2);
        b.append(1700000000000L, null, text("x"));
        b.append(1700000000001L, null, text("y"));
        print("log-append-time", b.build());

        b = plain();
        for (int i = 0; i < 150; i++) b.append(1700000000000L + i * 100, text("key-" + i), text("value ".repeat(i % 40)));
        print("many", b.build());

        Uuid one = new Uuid(1, 2);
        Uuid two = new Uuid(0x0123456789abcdefL, 0x1edcba9876543210L);
        LeaderChangeMessage change = new LeaderChangeMessage().setVersion((short) 1).setLeaderId(3000)
            .setVoters(List.of(new Voter().setVoterId(3000).setVoterDirectoryId(one),
                               new Voter().setVoterId(3001).setVoterDirectoryId(two)))
            .setGrantingVoters(List.of(new Voter().setVoterId(3000).setVoterDirectoryId(one)));
        // MemoryRecords writes version 0 always (ControlRecordUtils.LEADER_CHANGE_CURRENT_VERSION): the value alone.
        ByteBuffer value = MessageUtil.toByteBufferAccessor(change, (short) 1).buffer();
        System.out.println("leader-change-value-1 " + HexFormat.of().formatHex(value.array(), 0, value.limit()));

        LeaderChangeMessage old = new LeaderChangeMessage().setVersion((short) 0).setLeaderId(3000)
            .setVoters(List.of(new Voter().setVoterId(3000)))
            .setGrantingVoters(List.of(new Voter().setVoterId(3000)));
        print("leader-change", MemoryRecords.withLeaderChangeMessage(12, 1700000000000L, 4, ByteBuffer.allocate(512), old));

        print("commit", MemoryRecords.withEndTransactionMarker(99, 1700000000000L, 6, 9000, (short) 3,
            new EndTransactionMarker(ControlRecordType.COMMIT, 11)));
        print("abort", MemoryRecords.withEndTransactionMarker(100, 1700000000001L, 6, 9000, (short) 4,
            new EndTransactionMarker(ControlRecordType.ABORT, 12)));

        System.out.println("# estimateSizeInBytesUpperBound: k v headers");
        System.out.println("estimate " + AbstractRecords.estimateSizeInBytesUpperBound(RecordBatch.MAGIC_VALUE_V2,
            CompressionType.NONE, text("key"), text("value"), new Header[] {new RecordHeader("trace", text("abc"))}));
        b = MemoryRecords.builder(ByteBuffer.allocate(200), Compression.NONE, TimestampType.CREATE_TIME, 0L);
        int count = 0;
        while (b.hasRoomFor(1700000000000L + count, text("key"), text("0123456789"), new Header[0])) {
            b.append(1700000000000L + count++, text("key"), text("0123456789"));
        }
        System.out.println("room-200 " + count + " " + b.estimatedSizeInBytes());
    }
}
