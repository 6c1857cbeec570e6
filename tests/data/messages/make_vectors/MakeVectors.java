// Writes what Kafka's own message classes make of many contents, as vectors for tests/unit/messages.
//
// One line a vector, tab-separated: message, version, case, content as JSON, bytes as hex. Content
// is filled by reflection along the SCHEMA_n that each class carries: which fields a version has and
// which may be null. Names are the schema's (snake case); bytes, records and uuids are hex; unknown
// tagged fields are [[tag, hex], ...]. A case "dropped <field>" sets a field that the version lacks
// and that Kafka leaves out; "refused <field>" one that makes it throw (bytes are then "-").
import java.io.PrintWriter;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.KRaftVersionRecord;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.message.SnapshotFooterRecord;
import org.apache.kafka.common.message.SnapshotHeaderRecord;
import org.apache.kafka.common.message.VotersRecord;
import org.apache.kafka.common.metadata.MetadataRecordType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.server.common.ApiMessageAndVersion;

public class MakeVectors {
    static final String[] APIS = {
        "PRODUCE", "FETCH", "LIST_OFFSETS", "METADATA", "API_VERSIONS", "CREATE_TOPICS",
        "DELETE_TOPICS", "DELETE_RECORDS", "INIT_PRODUCER_ID", "OFFSET_FOR_LEADER_EPOCH",
        "DESCRIBE_CONFIGS", "CREATE_PARTITIONS", "ELECT_LEADERS", "INCREMENTAL_ALTER_CONFIGS",
        "ALTER_PARTITION_REASSIGNMENTS", "LIST_PARTITION_REASSIGNMENTS", "VOTE",
        "BEGIN_QUORUM_EPOCH", "END_QUORUM_EPOCH", "DESCRIBE_QUORUM", "ALTER_PARTITION",
        "UPDATE_FEATURES", "ENVELOPE", "FETCH_SNAPSHOT", "BROKER_REGISTRATION", "BROKER_HEARTBEAT",
        "UNREGISTER_BROKER", "ALLOCATE_PRODUCER_IDS", "CONTROLLER_REGISTRATION",
        "ASSIGN_REPLICAS_TO_DIRS", "DESCRIBE_TOPIC_PARTITIONS", "ADD_RAFT_VOTER",
        "REMOVE_RAFT_VOTER", "UPDATE_RAFT_VOTER"};
    static final String[] RECORDS = {
        "REGISTER_BROKER_RECORD", "UNREGISTER_BROKER_RECORD", "TOPIC_RECORD", "PARTITION_RECORD",
        "CONFIG_RECORD", "PARTITION_CHANGE_RECORD", "FENCE_BROKER_RECORD", "UNFENCE_BROKER_RECORD",
        "REMOVE_TOPIC_RECORD", "FEATURE_LEVEL_RECORD", "PRODUCER_IDS_RECORD",
        "BROKER_REGISTRATION_CHANGE_RECORD", "NO_OP_RECORD", "BEGIN_TRANSACTION_RECORD",
        "END_TRANSACTION_RECORD", "ABORT_TRANSACTION_RECORD", "REGISTER_CONTROLLER_RECORD",
        "CLEAR_ELR_RECORD"};

    public static void main(String[] args) throws Exception {
        Path out = Path.of(args[0]);
        StringBuilder table = new StringBuilder();
        for (String api : APIS) {
            ApiMessageType type = ApiMessageType.valueOf(api);
            short lowest = type.lowestSupportedVersion();
            short highest = type.highestSupportedVersion(false);
            table.append(type.apiKey()).append('\t').append(type.name).append('\t').append(lowest)
                .append('\t').append(highest).append('\t').append(type.listeners());
            for (short v = lowest; v <= highest; v++) {
                table.append('\t').append(type.requestHeaderVersion(v)).append('/')
                    .append(type.responseHeaderVersion(v));
            }
            table.append('\n');
            try (PrintWriter file = open(out, api.toLowerCase())) {
                new Maker(file, type.name + "Request", type.newRequest(), lowest, highest, MakeVectors::plain).run();
                new Maker(file, type.name + "Response", type.newResponse(), lowest, highest, MakeVectors::plain).run();
            }
        }
        Files.writeString(out.resolve("api_table.txt"), table.toString());
        try (PrintWriter file = open(out, "metadata_records")) {
            for (String record : RECORDS) {
                ApiMessage message = MetadataRecordType.valueOf(record).newMetadataRecord();
                all(file, message, MakeVectors::framed);
            }
        }
        try (PrintWriter file = open(out, "control_records")) {
            all(file, new LeaderChangeMessage(), MakeVectors::plain);
            all(file, new SnapshotHeaderRecord(), MakeVectors::plain);
            all(file, new SnapshotFooterRecord(), MakeVectors::plain);
            all(file, new KRaftVersionRecord(), MakeVectors::plain);
            all(file, new VotersRecord(), MakeVectors::plain);
        }
        try (PrintWriter file = open(out, "headers")) {
            all(file, new RequestHeaderData(), MakeVectors::plain);
            all(file, new ResponseHeaderData(), MakeVectors::plain);
        }
    }

    static PrintWriter open(Path out, String name) throws Exception {
        return new PrintWriter(Files.newBufferedWriter(out.resolve(name + ".txt")));
    }

    static void all(PrintWriter file, Message message, Writer writer) throws Exception {
        String name = message.getClass().getSimpleName().replaceAll("Data$", "");
        new Maker(file, name, message, message.lowestSupportedVersion(),
            message.highestSupportedVersion(), writer).run();
    }

    interface Writer {
        ByteBuffer write(Message message, short version);
    }

    static ByteBuffer plain(Message message, short version) {
        return MessageUtil.toByteBufferAccessor(message, version).buffer();
    }

    static ByteBuffer framed(Message message, short version) {
        ApiMessageAndVersion record = new ApiMessageAndVersion((ApiMessage) message, version);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(MetadataRecordSerde.INSTANCE.recordSize(record, cache));
        MetadataRecordSerde.INSTANCE.write(record, cache, new ByteBufferAccessor(buffer));
        buffer.flip();
        return buffer;
    }

    // What distinguishes the cases from each other.
    record Style(int elements, int nulls, boolean extreme, int length, boolean tags) { }

    static final int NO_NULLS = 0;
    static final int NULL_LEAVES = 1;  // arrays of structs stay, so that what is inside is seen
    static final int ALL_NULL = 2;

    static class Maker {
        final PrintWriter file;
        final String name;
        final Class<?> type;
        final short lowest;
        final short highest;
        final Writer writer;
        int counter;
        // Every field that a class has in some version.
        final Map<Class<?>, Map<String, Type>> known = new LinkedHashMap<>();

        Maker(PrintWriter file, String name, Message message, short lowest, short highest, Writer writer) {
            this.file = file;
            this.name = name;
            this.type = message.getClass();
            this.lowest = lowest;
            this.highest = highest;
            this.writer = writer;
        }

        void run() throws Exception {
            for (short v = lowest; v <= highest; v++) collect(type, schema(v));
            for (short v = lowest; v <= highest; v++) {
                Schema schema = schema(v);
                boolean flexible = hasTags(schema);
                emit(v, "default", fresh(type));
                emit(v, "empty", filled(type, schema, new Style(0, NO_NULLS, false, 0, false)));
                emit(v, "one", filled(type, schema, new Style(1, NO_NULLS, false, 6, false)));
                emit(v, "two", filled(type, schema, new Style(2, NO_NULLS, true, 9, false)));
                emit(v, "long", filled(type, schema, new Style(1, NO_NULLS, true, 130, false)));
                emit(v, "null", filled(type, schema, new Style(1, ALL_NULL, false, 6, false)));
                emit(v, "null-leaves", filled(type, schema, new Style(1, NULL_LEAVES, false, 6, false)));
                if (flexible) {
                    emit(v, "tags", filled(type, schema, new Style(1, NO_NULLS, false, 6, true)));
                    Object message = fresh(type);
                    addUnknown(message);
                    emit(v, "default-tags", message);
                }
                absent(v, schema);
            }
        }

        Schema schema(short version) throws Exception {
            return (Schema) type.getField("SCHEMA_" + version).get(null);
        }

        boolean hasTags(Schema schema) {
            for (var bound : schema.fields()) if (bound.def.type instanceof TaggedFields) return true;
            return false;
        }

        // Name and type of each field of a version, tagged ones included.
        Map<String, Type> fieldsOf(Schema schema) {
            Map<String, Type> fields = new LinkedHashMap<>();
            for (var bound : schema.fields()) {
                if (bound.def.type instanceof TaggedFields tagged) {
                    for (var field : tagged.fields().values()) fields.put(field.name, field.type);
                } else {
                    fields.put(bound.def.name, bound.def.type);
                }
            }
            return fields;
        }

        void collect(Class<?> owner, Schema schema) throws Exception {
            for (var entry : fieldsOf(schema).entrySet()) {
                known.computeIfAbsent(owner, c -> new LinkedHashMap<>()).put(entry.getKey(), entry.getValue());
                Schema inner = schemaOf(entry.getValue());
                if (inner != null) collect(elementClass(field(owner, entry.getKey())), inner);
            }
        }

        Schema schemaOf(Type type) {
            if (type instanceof Schema schema) return schema;
            if (type.isArray() && type.arrayElementType().get() instanceof Schema schema) return schema;
            return null;
        }

        Field field(Class<?> owner, String snake) throws Exception {
            StringBuilder camel = new StringBuilder();
            boolean upper = false;
            for (char c : snake.toCharArray()) {
                if (c == '_') {
                    upper = true;
                } else {
                    camel.append(upper ? Character.toUpperCase(c) : c);
                    upper = false;
                }
            }
            for (Field field : owner.getDeclaredFields()) {  // kraft_version is kRaftVersion in Java
                if (!field.getName().equalsIgnoreCase(camel.toString())) continue;
                field.setAccessible(true);
                return field;
            }
            throw new NoSuchFieldException(owner + " " + snake);
        }

        Class<?> elementClass(Field field) {
            Class<?> type = field.getType();
            if (type == List.class) {
                return (Class<?>) ((ParameterizedType) field.getGenericType()).getActualTypeArguments()[0];
            }
            if (Collection.class.isAssignableFrom(type)) {
                return (Class<?>) ((ParameterizedType) type.getGenericSuperclass()).getActualTypeArguments()[0];
            }
            return type;
        }

        Object fresh(Class<?> type) throws Exception {
            return type.getConstructor().newInstance();
        }

        Object filled(Class<?> type, Schema schema, Style style) throws Exception {
            counter = 0;
            return fill(type, schema, style);
        }

        Object fill(Class<?> owner, Schema schema, Style style) throws Exception {
            Object object = fresh(owner);
            for (var entry : fieldsOf(schema).entrySet()) {
                Field field = field(owner, entry.getKey());
                field.set(object, value(field, entry.getValue(), style));
            }
            if (style.tags) addUnknown(object);
            return object;
        }

        @SuppressWarnings("unchecked")
        void addUnknown(Object object) throws Exception {
            var tags = (List<RawTaggedField>) object.getClass().getMethod("unknownTaggedFields").invoke(object);
            tags.add(new RawTaggedField(30, new byte[] {1, 2, (byte) 0xff}));
            tags.add(new RawTaggedField(5000, new byte[0]));
        }

        Object value(Field field, Type type, Style style) throws Exception {
            Class<?> java = field.getType();
            boolean structs = schemaOf(type) != null;
            if (type.isNullable() && style.nulls == ALL_NULL) return null;
            if (type.isNullable() && style.nulls == NULL_LEAVES && !structs) return null;
            if (type.isArray()) {
                Type element = type.arrayElementType().get();
                Collection<Object> list = newCollection(java);
                int count = !structs && style.length > 100 ? style.length : style.elements;
                for (int i = 0; i < count; i++) {
                    list.add(structs ? fill(elementClass(field), (Schema) element, style)
                                     : scalar(elementClass(field), element, style));
                }
                return list;
            }
            if (structs) return fill(java, (Schema) type, style);
            return scalar(java, type, style);
        }

        @SuppressWarnings("unchecked")
        Collection<Object> newCollection(Class<?> java) throws Exception {
            if (java == List.class) return new ArrayList<>();
            return (Collection<Object>) java.getConstructor().newInstance();
        }

        Object scalar(Class<?> java, Type type, Style style) throws Exception {
            int n = ++counter;
            long wide = style.extreme ? (n % 2 == 0 ? Long.MIN_VALUE + n : Long.MAX_VALUE - n) : 1000L * n + 7;
            if (java == boolean.class || java == Boolean.class) return n % 2 == 0;
            if (java == byte.class || java == Byte.class) return (byte) (style.extreme ? wide : n);
            if (java == short.class || java == Short.class) return (short) (style.extreme ? wide : n);
            if (type == Type.UINT16) return style.extreme ? 65535 - n : 9092 + n;  // held in an int
            if (java == int.class || java == Integer.class) return (int) (style.extreme ? wide : 70000 + n);
            if (java == long.class || java == Long.class) return wide;
            if (java == String.class) return text(n, style);
            if (java == Uuid.class) return style.length == 0 ? Uuid.ZERO_UUID : new Uuid(wide, ~wide);
            if (java == byte[].class) return bytes(n, style);
            if (java == ByteBuffer.class) return ByteBuffer.wrap(bytes(n, style));
            if (java == BaseRecords.class) return records(n, style);
            throw new IllegalStateException("no value for " + java);
        }

        String text(int n, Style style) {
            if (style.length == 0) return "";
            if (style.length > 100) return "x".repeat(style.length) + n;
            return style.extreme ? "z\u00fcrich-\u6771\u4eac-\ud83d\ude80\u0001\"\\-" + n : "name-" + n;
        }

        byte[] bytes(int n, Style style) {
            byte[] result = new byte[style.length];
            for (int i = 0; i < result.length; i++) result[i] = (byte) (i * 37 + n);
            return result;
        }

        // One batch; two; two with a cut third, for the extreme style.
        MemoryRecords records(int n, Style style) {
            if (style.elements == 0) return MemoryRecords.EMPTY;
            ByteBuffer buffer = ByteBuffer.allocate(4096);
            for (int i = 0; i < style.elements; i++) {
                buffer.put(MemoryRecords.withRecords(100L * i, Compression.NONE, 3 + i,
                    new SimpleRecord(1700000000000L + n, ("k" + n).getBytes(), "v".repeat(style.length).getBytes()),
                    new SimpleRecord(1700000000001L + n, null, new byte[0])).buffer());
            }
            if (style.extreme) buffer.put(new byte[] {0, 0, 0, 0, 0, 0, 3, (byte) 232, 0, 0, 1, 0, 5});
            buffer.flip();
            return MemoryRecords.readableRecords(buffer);
        }

        // Fields that this version lacks, set one at a time somewhere in an otherwise filled message.
        void absent(short version, Schema schema) throws Exception {
            Object message = filled(type, schema, new Style(1, NO_NULLS, false, 6, false));
            absentIn(version, message, message, schema, "");
        }

        void absentIn(short version, Object message, Object object, Schema schema, String path) throws Exception {
            Map<String, Type> present = fieldsOf(schema);
            for (var entry : known.getOrDefault(object.getClass(), Map.of()).entrySet()) {
                String name = entry.getKey();
                Field field = field(object.getClass(), name);
                if (!present.containsKey(name)) {
                    Object before = field.get(object);
                    counter = 1;
                    field.set(object, value(field, entry.getValue(), new Style(1, NO_NULLS, false, 6, false)));
                    emitAbsent(version, path + name, message, object, name, entry.getValue());
                    field.set(object, before);
                    continue;
                }
                Schema inner = schemaOf(present.get(name));
                if (inner == null) continue;
                Object value = field.get(object);
                Object element = value instanceof Collection<?> list ? list.iterator().next() : value;
                absentIn(version, message, element, inner, path + name + ".");
            }
        }

        void emitAbsent(short version, String where, Object message, Object holder, String extra, Type type)
            throws Exception {
            String bytes = "-";
            String kind = "refused ";
            try {
                bytes = hex(writer.write((Message) message, version));
                kind = "dropped ";
            } catch (UnsupportedVersionException e) {
                // non-ignorable: the vector says so
            }
            StringBuilder json = new StringBuilder();
            json(json, message, schema(version), holder, extra, type);
            line(version, kind + where, json.toString(), bytes);
        }

        void emit(short version, String kind, Object message) throws Exception {
            StringBuilder json = new StringBuilder();
            json(json, message, schema(version), null, null, null);
            String bytes;
            try {
                bytes = hex(writer.write((Message) message, version));
            } catch (UnsupportedVersionException | NullPointerException e) {
                throw new IllegalStateException(name + " v" + version + " " + kind, e);
            }
            line(version, kind, json.toString(), bytes);
        }

        void line(short version, String kind, String json, String bytes) {
            file.print(name + "\t" + version + "\t" + kind + "\t" + json + "\t" + bytes + "\n");
        }

        void json(StringBuilder out, Object object, Schema schema, Object holder, String extra, Type extraType)
            throws Exception {
            out.append('{');
            Map<String, Type> fields = fieldsOf(schema);
            if (object == holder) fields.put(extra, extraType);
            for (var entry : fields.entrySet()) {
                out.append('"').append(entry.getKey()).append("\":");
                Object value = field(object.getClass(), entry.getKey()).get(object);
                jsonValue(out, value, entry.getValue(), holder, extra, extraType);
                out.append(',');
            }
            out.append("\"unknown_tagged_fields\":[");
            @SuppressWarnings("unchecked")
            var tags = (List<RawTaggedField>) object.getClass().getMethod("unknownTaggedFields").invoke(object);
            for (int i = 0; i < tags.size(); i++) {
                out.append(i > 0 ? "," : "").append('[').append(tags.get(i).tag()).append(",\"")
                    .append(HexFormat.of().formatHex(tags.get(i).data())).append("\"]");
            }
            out.append("]}");
        }

        void jsonValue(StringBuilder out, Object value, Type type, Object holder, String extra, Type extraType)
            throws Exception {
            if (value == null) {
                out.append("null");
            } else if (value instanceof Collection<?> list) {
                out.append('[');
                String between = "";
                for (Object element : list) {
                    out.append(between);
                    jsonValue(out, element, type.arrayElementType().get(), holder, extra, extraType);
                    between = ",";
                }
                out.append(']');
            } else if (value instanceof String text) {
                quote(out, text);
            } else if (value instanceof Uuid uuid) {
                out.append(String.format("\"%016x%016x\"", uuid.getMostSignificantBits(), uuid.getLeastSignificantBits()));
            } else if (value instanceof byte[] bytes) {
                out.append('"').append(HexFormat.of().formatHex(bytes)).append('"');
            } else if (value instanceof ByteBuffer buffer) {
                out.append('"').append(hex(buffer)).append('"');
            } else if (value instanceof MemoryRecords records) {
                out.append('"').append(hex(records.buffer())).append('"');
            } else if (type instanceof Schema schema) {
                json(out, value, schema, holder, extra, extraType);
            } else {
                out.append(value);
            }
        }

        static String hex(ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return HexFormat.of().formatHex(bytes);
        }

        static void quote(StringBuilder out, String text) {
            out.append('"');
            for (char c : text.toCharArray()) {
                if (c == '"' || c == '\\') {
                    out.append('\\').append(c);
                } else if (c < 0x20) {
                    out.append(String.format("\\u%04x", (int) c));
                } else {
                    out.append(c);
                }
            }
            out.append('"');
        }
    }
}
