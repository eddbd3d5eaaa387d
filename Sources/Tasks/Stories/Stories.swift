public import Datasets
public import Foundation
public import Tokenization

/// Children's stories in a good mood: real text of a model that others trained.
///
/// The reference is the published stories260K of llama2.c, not a model of ours. A prompt is the first
/// sentence of a story, made of a hero, a quality and a name; the completion goes on with it. The
/// gold reward counts distinct words of two lists against the length,
///
///     r = moodScale · (P − N)/max(n, 32)
///
/// for P happy and N unhappy words in a completion of n tokens: repeating a word gains nothing, and
/// neither does stopping before 32 tokens.
public struct Stories: PreferenceTask {
  /// The shortest length that a completion's words are divided by.
  static let leastLength = 32
  /// The gold reward of one happy word more for each token: in 64 tokens a word is worth 0.6.
  static let moodScale = 40.0

  /// The name in specifications.
  public let name = Settings.name.rawValue
  /// What the two lists of words add.
  public let goldTermNames = ["happy", "unhappy"]
  /// Every fifth first sentence is kept from training.
  public let supportedSplits: [Split] = [.train, .test]
  /// Too many to list.
  public let allCompletions: [[Int]]? = nil
  /// The most tokens of a completion, its end token included.
  public let maximumCompletionLength = 64
  private let pieces: PieceEncoding

  /// The 512 pieces of the published model.
  public var tokenizer: any Tokenizer { pieces }

  /// The folder that `make stories FILE=…` fills: `$XDG_CACHE_HOME/tandem/stories`, by default in
  /// `~/.cache`.
  public static func cacheFolder(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> URL {
    let cache = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    let root = cache ?? (environment["HOME"] ?? ".") + "/.cache"
    return URL(fileURLWithPath: root).appendingPathComponent("tandem/stories")
  }

  /// The tokenizer's file in the folder.
  public static let piecesFile = "tok512.bin"

  /// Reads the pieces in a folder.
  public init(folder: URL) throws {
    let file = folder.appendingPathComponent(Self.piecesFile)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw DataError.unreadable(
        path: file.path,
        reason: "run `make stories FILE=…/stories260K.bin`, which brings it with the model")
    }
    self.init(pieces: try readPieces(from: file))
  }

  /// A task on pieces that were read.
  public init(pieces: PieceEncoding) { self.pieces = pieces }

  /// Where the files of a configuration are.
  public static func folder(_ configuration: TaskConfiguration) -> URL {
    folder(named: configuration.dataFolder)
  }

  private static func folder(named name: String) -> URL {
    name.isEmpty ? cacheFolder() : URL(fileURLWithPath: name)
  }

  /// Nothing: the reference has read its stories elsewhere.
  public func demonstrations(count: Int, seed: Seed) -> [TokenSequence] { [] }

  /// First sentences of stories.
  public func prompts(count: Int, split: Split, seed: Seed) -> [[Int]] {
    precondition(supportedSplits.contains(split), "\(name) has no split '\(split.rawValue)'")
    return (0..<count).map { index in
      var generator = seed.generator(for: "stories.\(split.rawValue)", index: index)
      var sentence = FirstSentence(using: &generator)
      while sentence.split != split { sentence = FirstSentence(using: &generator) }
      return pieces.encodePrompt(sentence.text)
    }
  }

  /// Happy and unhappy words of the completion by its length; the prompt's words do not count.
  public func gold(_ sequence: TokenSequence) -> GoldReward {
    let words = StoryLexicon.words(of: pieces.decode(sequence.completion))
    let scale = Self.moodScale / Double(max(sequence.completion.count, Self.leastLength))
    let happy = Double(StoryLexicon.count(words, in: StoryLexicon.positive))
    let unhappy = Double(StoryLexicon.count(words, in: StoryLexicon.negative))
    return GoldReward([
      GoldTerm(name: "happy", value: scale * happy),
      GoldTerm(name: "unhappy", value: -scale * unhappy),
    ])
  }

  /// All prompts are of one kind.
  public func group(of prompt: [Int]) -> String { "all" }
}

extension Stories {
  /// The stories have no settings but the folder of their files.
  public struct Settings: TaskSettings {
    /// The name of the task.
    public static let name = TaskConfiguration.Name.stories
    /// Nobody lists stories.
    public var enumerationSize: EnumerationSize? { nil }

    /// No settings.
    public init() {}

    /// Nothing can be out of range.
    public func validate() throws(TaskConfigurationError) {}

    /// Reads the pieces in a folder, or in the cache folder where it is empty.
    public func makeTask(dataFolder: String) throws -> any PreferenceTask {
      try Stories(folder: Stories.folder(named: dataFolder))
    }
  }
}

extension TaskConfiguration.Name {
  /// ``Stories``.
  public static let stories = Self(ofTask: "stories")
}

/// How a story begins: a time, a quality, a hero and a name.
private struct FirstSentence {
  private static let times = ["Once upon a time, there was a", "One day, there was a"]
  private static let qualities = [
    "little", "big", "small", "old", "young", "quiet", "curious", "silly", "sleepy", "busy",
  ]
  private static let heroes = [
    "boy", "girl", "dog", "cat", "bird", "bear", "bunny", "fish", "frog", "mouse", "duck", "lion",
    "cow", "horse", "car",
  ]
  private static let names = [
    "Tim", "Lily", "Max", "Sue", "Ben", "Mia", "Tom", "Lucy", "Sam", "Anna", "Jack", "Sara",
  ]
  private let indices: [Int]

  init(using generator: inout CounterGenerator) {
    indices = [Self.times, Self.qualities, Self.heroes, Self.names].map {
      generator.integer(below: $0.count)
    }
  }

  /// A quality and a hero together belong to one split, whatever the name.
  var split: Split { (indices[1] + indices[2]) % 5 == 0 ? .test : .train }

  var text: String {
    "\(Self.times[indices[0]]) \(Self.qualities[indices[1]]) \(Self.heroes[indices[2]]) named "
      + "\(Self.names[indices[3]])."
  }
}

/// Words of a mood, in lower case, as children's stories use them.
enum StoryLexicon {
  static let positive: Set<String> = [
    "amazing", "beautiful", "best", "better", "brave", "bright", "calm", "celebrate", "cheered",
    "clapped", "clever", "cozy", "cute", "dance", "danced", "delicious", "delighted", "enjoyed",
    "excited", "fair", "fine", "friend", "friendly", "friends", "fun", "funny", "gentle", "giggled",
    "glad", "good", "grateful", "great", "happily", "happiness", "happy", "helpful", "hug",
    "hugged",
    "joy", "kind", "kindness", "kissed", "laugh", "laughed", "laughing", "love", "loved", "lovely",
    "loves", "lucky", "magic", "magical", "nice", "perfect", "play", "played", "playing", "pleased",
    "pretty", "proud", "safe", "share", "shared", "shiny", "smile", "smiled", "smiling", "soft",
    "special", "sunny", "sweet", "thank", "thanked", "treat", "warm", "wonderful", "yummy",
  ]

  static let negative: Set<String> = [
    "afraid", "alone", "angry", "awful", "bad", "bit", "broke", "broken", "cold", "cried", "cry",
    "crying", "dangerous", "dark", "dirty", "dizzy", "fell", "fight", "forgot", "frightened",
    "grumpy", "hard", "hungry", "hurt", "hurts", "jealous", "lonely", "lost", "mad", "mean",
    "messy",
    "naughty", "nervous", "pain", "poor", "sad", "sadly", "scared", "scary", "sick", "sorry",
    "stuck",
    "tears", "terrible", "tired", "ugly", "unhappy", "upset", "weak", "worried", "wrong", "yelled",
  ]

  /// The distinct words of a text that a list holds.
  static func count(_ words: Set<String>, in list: Set<String>) -> Int {
    words.intersection(list).count
  }

  /// The distinct words of a text in lower case; whatever is no letter ends one.
  static func words(of text: String) -> Set<String> {
    Set(text.lowercased().split { !$0.isLetter }.map(String.init))
  }
}
