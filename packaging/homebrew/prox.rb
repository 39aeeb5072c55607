# Homebrew's formula, for a tap. OWNER, the version and the sum of the archive
# are filled in at a release; `brew install --HEAD` needs OWNER alone.
class Prox < Formula
  desc "Run a project's services in tmux, in the order of their dependencies"
  homepage "https://github.com/OWNER/prox"
  url "https://github.com/OWNER/prox/archive/refs/tags/v0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"
  head "https://github.com/OWNER/prox.git", branch: "main"

  depends_on "go" => :build
  depends_on "tmux"

  def install
    ENV["CGO_ENABLED"] = "0"
    ldflags = "-s -w -X prox/internal/version.number=#{version}"
    system "go", "build", *std_go_args(ldflags: ldflags), "."
    # After prox: a prox-shim that is the older of the two is not used.
    system "go", "build", *std_go_args(ldflags: ldflags, output: bin/"prox-shim"), "./internal/prox-shim"

    generate_completions_from_executable(bin/"prox", "completion")
    (man1/"prox.1").write Utils.safe_popen_read(bin/"prox", "man")
  end

  test do
    assert_match "prox ", shell_output("#{bin}/prox version")
    (testpath/"prox.toml").write <<~TOML
      [services.web]
      command = "sleep 1000"
    TOML
    assert_match "prox.toml is right: 1 service", shell_output("#{bin}/prox check")
  end
end
