import Datasets
import Foundation
import Tasks
import Testing
import Tokenization

@Suite struct MovieFilesTests {
  @Test func theCacheFolderFollowsTheEnvironment() {
    func path(_ environment: [String: String]) -> String {
      MovieFiles.cacheFolder(environment: environment).path
    }
    #expect(path(["XDG_CACHE_HOME": "/c", "HOME": "/h"]) == "/c/tandem/sentiment")
    #expect(path(["XDG_CACHE_HOME": "", "HOME": "/h"]) == "/h/.cache/tandem/sentiment")
  }

  @Test func aMissingFileNamesItselfAndTheCommand() throws {
    let error = try #require(throws: DataError.self) {
      _ = try MovieSentiment(folder: URL(fileURLWithPath: "/nowhere/at-all"))
    }
    #expect(error.description.contains("/nowhere/at-all/vader_lexicon.txt"))
    #expect(error.description.contains("experiments/sentiment/fetch.sh"))
  }

  @Test func theScriptAndTheReaderPinTheSameFiles() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let script = try String(
      contentsOf: root.appendingPathComponent("../../experiments/sentiment/fetch.sh"),
      encoding: .utf8)
    for (name, hash) in MovieFiles.hashes {
      #expect(script.contains("\n\(hash)  \(name)"), "\(name)")
    }
    #expect(MovieFiles.hashes.count == 3)
  }

  @Test func aChangedFileIsRefused() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("tandem-changed-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("good\t1.9\n".utf8).write(to: folder.appendingPathComponent("vader_lexicon.txt"))
    let error = try #require(throws: DataError.self) { _ = try MovieSentiment(folder: folder) }
    #expect(error.description.contains("vader_lexicon.txt: the file has SHA-256"))
    #expect(error.description.contains("delete it and fetch it again"))
  }
}

/// Needs the files of `experiments/sentiment/fetch.sh`; skipped without them.
@Suite(.enabled(if: MovieFiles(folder: MovieFiles.cacheFolder()).arePresent, "run fetch.sh"))
struct MovieSentimentTests {
  @Test func textsGoldsAndSplitsAreWhatTheTaskPromises() throws {
    var configuration = TaskConfiguration(name: .movieSentiment)
    configuration.movies.goldScale = 2
    let task = try makeTask(configuration)
    #expect(task.tokenizer.vocabularySize == 512)
    #expect(task.group(of: [0, 1, 2, 3]) == "prefix=3")
    let texts = task.demonstrations(count: 1000, seed: Seed(4))
    #expect(texts == Array(task.demonstrations(count: 1100, seed: Seed(4)).prefix(1000)))
    let ended = texts.count { $0.hasEnded(with: task.tokenizer.endToken) }
    #expect(ended > 800 && ended < 1000)
    for text in texts {
      #expect(text.prompt.first == task.tokenizer.beginToken)
      #expect((3...9).contains(text.prompt.count))
      #expect((1...32).contains(text.completion.count))
      #expect(text.hasEnded(with: task.tokenizer.endToken) || text.completion.count == 32)
    }
    for split in task.supportedSplits {
      let prompts = task.prompts(count: 50, split: split, seed: Seed(4))
      #expect(prompts.allSatisfy { MovieSentiment.prefixLengths.contains($0.count - 1) })
    }
    try checkGold(of: task, on: texts)
  }

  private func checkGold(of task: any PreferenceTask, on texts: [TokenSequence]) throws {
    let golds = texts.map { task.gold($0) }
    #expect(golds.allSatisfy { abs($0.total) <= 2 && $0.terms.map(\.name) == ["compound"] })
    #expect(golds.count { $0.total > 0.5 } > 200)
    #expect(golds.count { $0.total < -0.5 } > 100)
    let prompt = try task.tokenizer.encode("VADER is smart,")
    let completion = try task.tokenizer.encode(" handsome, and funny.")
    let sequence = TokenSequence(prompt: prompt, completion: completion + [-1, 100_000])
    // 0.8316 is the score that the package's README gives this sentence.
    #expect(isClose(task.gold(sequence).total, 2 * 0.8316, tolerance: 1e-9))
  }
}
