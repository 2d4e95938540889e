// SPDX-License-Identifier: Apache-2.0
// Java's HttpClient: java Client.java URL; exits 0 if all is right.
import java.net.URI;
import java.net.http.*;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;

class Client {
    static void check(boolean holds, String what) {
        if (!holds) throw new IllegalStateException(what);
    }

    public static void main(String[] arguments) throws Exception {
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        for (var i = 0; i < 20; i++) {
            var request = HttpRequest.newBuilder(URI.create(arguments[0] + "/hello")).build();
            check(client.send(request, BodyHandlers.ofString()).body().equals("hello"), "GET");
        }
        var whole = HttpRequest.newBuilder(URI.create(arguments[0] + "/file"));
        var file = client.send(whole.build(), BodyHandlers.ofByteArray());
        check(file.body().length == 1 << 20, "a file");
        var part = client.send(whole.header("Range", "bytes=1000-1999").build(), BodyHandlers.ofByteArray());
        var wanted = Arrays.copyOfRange(file.body(), 1000, 2000);
        check(part.statusCode() == 206 && Arrays.equals(part.body(), wanted), "a range");
        var sent = new byte[1 << 20];
        new java.util.Random(1).nextBytes(sent);
        for (var publisher : new HttpRequest.BodyPublisher[] {BodyPublishers.ofByteArray(sent),
                BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(sent))}) {
            var post = HttpRequest.newBuilder(URI.create(arguments[0] + "/echo")).POST(publisher).build();
            check(Arrays.equals(client.send(post, BodyHandlers.ofByteArray()).body(), sent), "an upload");
        }
    }
}
