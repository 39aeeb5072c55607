# fish completion for prox
#
# For this shell:      prox completion fish | source
# For good:            prox completion fish > ~/.config/fish/completions/prox.fish

function __prox_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l prox prox
    string match -q '*/prox' -- $words[1]; and set prox $words[1]
    set -e words[1]
    set -l answer (command $prox __complete fish $words "$current" 2>/dev/null)
    set -l what (string split ' ' -- $answer[1])
    set -e answer[1]
    switch "$what[1]"
        case files folders
            set -l before (string match -r -- '^--[^=]*=' $current)
            set -l path (string replace -r -- '^--[^=]*=' '' $current)
            if test $what[1] = folders
                set -a answer "$before"(__fish_complete_directories "$path" '')
            else
                set -a answer "$before"(__fish_complete_path "$path")
            end
        case command
            # The first of the words, prox, is gone: what was counted from 0 is
            # counted from 1.
            set -l line (string join ' ' -- (string escape -- $words[$what[2]..-1]) "$current")
            complete --do-complete="$line" 2>/dev/null
            return
    end
    string join \n -- $answer
end

complete -c prox -e
complete -c prox -f -k -a '(__prox_complete)'
